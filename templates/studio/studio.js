// What every page of the studio needs of a script; all tasks work without it.
"use strict";

document.documentElement.classList.add("has-script");

// A link that chooses something on its own page keeps the focus when the page comes again.
const stay = "meter-studio-stay";

addEventListener("click", (event) => {
  const link = event.target.closest("a[data-stay]");
  if (link) sessionStorage.setItem(stay, link.id);
});

addEventListener("DOMContentLoaded", () => {
  const chosen = sessionStorage.getItem(stay);
  sessionStorage.removeItem(stay);
  if (chosen) document.getElementById(chosen)?.focus({ preventScroll: true });
});
