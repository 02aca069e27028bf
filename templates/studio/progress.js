// Follow a run by server-sent events; when it has ended, fetch the part of the page that it is for.
"use strict";

(() => {
  const follow = (part) => {
    const box = part.querySelector("[data-progress]");
    if (!box) return;
    const bar = box.querySelector("progress");
    const words = box.querySelector("[data-words]");
    const events = new EventSource(box.dataset.progress);
    events.onmessage = (event) => {
      const told = JSON.parse(event.data);
      if (told.total && bar) {
        bar.max = told.total;
        bar.value = told.done;
      }
      const of = told.total ? ` of ${told.total.toLocaleString("en")}` : "";
      const done = told.done ? `: ${told.done.toLocaleString("en")}${of}` : "";
      if (words && told.words) words.textContent = told.words + done;
    };
    events.addEventListener("end", () => {
      events.close();
      renew(part);
    });
    events.onerror = () => events.close();
  };

  const renew = async (part) => {
    const answer = await fetch(location.href, { headers: { "X-Part": part.id } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(part.id);
    if (!fresh) return location.reload();
    const had_focus = part.contains(document.activeElement);
    part.replaceWith(fresh);
    fresh.setAttribute("tabindex", "-1");
    if (had_focus) fresh.focus();
    const status = document.getElementById("status");
    if (status) status.textContent = fresh.dataset.said || "";
    follow(fresh);
  };

  document.addEventListener("DOMContentLoaded", () => {
    // a page that follows a run need not wait for it
    document.querySelectorAll('input[name="waits"]').forEach((input) => input.remove());
    document.querySelectorAll("[data-part]").forEach(follow);
  });
})();
