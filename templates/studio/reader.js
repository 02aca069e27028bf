// Reader: arrows move along a timeline, and a choice shows at once. Everything works without it.
"use strict";

{
  const STEPS = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 };

  const target = (links, at, key) => {
    if (key === "Home") return links[0];
    if (key === "End") return links[links.length - 1];
    return links[at + (STEPS[key] ?? Infinity)];
  };

  document.addEventListener("keydown", (event) => {
    const link = event.target.closest?.("[data-timeline] a");
    if (!link || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const links = [...link.closest("[data-timeline]").querySelectorAll("a")];
    const next = target(links, links.indexOf(link), event.key);
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.click();
  });

  document.addEventListener("change", (event) => {
    event.target.closest?.("[data-at-once]")?.requestSubmit();
  });

  // The step that is looked at is in sight in its list; the page itself does not move.
  const reveal = () => {
    for (const list of document.querySelectorAll("[data-timeline]")) {
      const point = list.querySelector(".point--current");
      if (!point) continue;
      const above = point.offsetTop - list.offsetTop;
      if (above < list.scrollTop || above + point.offsetHeight > list.scrollTop + list.clientHeight) {
        list.scrollTop = above - list.clientHeight / 2;
      }
    }
  };
  // On a phone the page comes right after the main buttons: the others are folded until asked for.
  const narrow = matchMedia("(max-width: 30rem)");
  let is_asked = false;
  const fold = () => {
    const more = document.querySelector("[data-more]");
    if (more) more.open = is_asked || !narrow.matches;
  };
  document.addEventListener("click", (event) => {
    const more = event.target.closest?.("[data-more] > summary")?.parentElement;
    if (more) is_asked = !more.open;
  });
  narrow.addEventListener("change", fold);
  document.addEventListener("DOMContentLoaded", fold);
  document.addEventListener("htmx:afterSwap", fold);

  // Who pressed a button that cannot be pressed again stays among its neighbours.
  let last = "";
  document.addEventListener("focusin", (event) => {
    last = event.target.id;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (!last || (document.activeElement && document.activeElement !== document.body)) return;
    const same = document.getElementById(last);
    const beside = same?.closest("fieldset")?.querySelector("button:not(:disabled)");
    const next = same && !same.disabled ? same : beside || document.getElementById("do-read");
    next?.focus({ preventScroll: true });
  });

  // Has somebody changed the file outside?
  const outside = document.getElementById("outside");
  const look = async () => {
    const file = document.getElementById("reader")?.dataset.file;
    if (document.hidden || !file || outside?.firstElementChild) return;
    const query = new URLSearchParams(location.search);
    query.set("expected", file);
    const answer = await fetch(`/reader/outside?${query}`).catch(() => null);
    if (answer?.status === 200) outside.innerHTML = await answer.text();
  };
  setInterval(look, 3000);
  document.addEventListener("htmx:afterSwap", () => outside?.replaceChildren());

  document.addEventListener("DOMContentLoaded", reveal);
  document.addEventListener("htmx:afterSettle", reveal);
}
