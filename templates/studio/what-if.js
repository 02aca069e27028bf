// Progress as it comes, the answer in its place when it is there, and Enter in a card adds it.
"use strict";

(() => {
  const answer = () => document.getElementById("answer");

  async function replace() {
    const hadFocus = answer().contains(document.activeElement);
    const page = await (await fetch(location.href)).text();
    const fresh = new DOMParser().parseFromString(page, "text/html");
    answer().replaceWith(fresh.getElementById("answer"));
    const title = document.getElementById("answer-title");
    if (hadFocus) {
      title.focus({ preventScroll: true });
      title.scrollIntoView({ block: "start" });
    }
    document.getElementById("over").textContent = "The answer is there.";
    follow();
  }

  function follow() {
    const run = answer()?.dataset.run;
    if (!run) {
      return;
    }
    const events = new EventSource(`/what-if/progress?run=${run}`);
    events.onmessage = (event) => {
      const told = JSON.parse(event.data);
      const bar = document.getElementById("progress");
      const words = document.getElementById("progress-words");
      if (told.total) {
        bar.max = told.total;
        bar.value = told.done;
      }
      if (words.textContent !== told.words) {
        words.textContent = told.words;
      }
    };
    events.addEventListener("end", () => {
      events.close();
      replace();
    });
  }

  document.addEventListener("keydown", (event) => {
    const field = event.target;
    if (event.key !== "Enter" || !(field instanceof HTMLInputElement)) {
      return;
    }
    const add = field.closest(".what-if__card")?.querySelector("button[name=do]");
    if (add) {
      event.preventDefault();
      add.click();
    }
  });

  follow();
})();
