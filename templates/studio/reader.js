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
  document.addEventListener("DOMContentLoaded", reveal);
  document.addEventListener("htmx:afterSettle", reveal);
}
