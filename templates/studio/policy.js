// The text becomes an editor; what is typed is checked, and what comes back is put in its place.
"use strict";

(() => {
  const text = document.getElementById("text");
  const form = document.getElementById("work");
  const DEBOUNCE = 300; // milliseconds without a key
  const cm = window.CodeMirror;
  const { EditorView } = cm;
  let sent = null; // what the form held when it was sent
  let timer = 0;
  let isLeaving = false; // a button has sent the form: what was typed goes along

  const check = (after) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!isLeaving) form.dispatchEvent(new Event("typed"));
    }, after);
  };

  const theme = EditorView.theme({
    "&": { backgroundColor: "var(--paper)", color: "var(--ink)", maxHeight: "38rem" },
    "&.cm-focused": { outline: "3px solid var(--accent)", outlineOffset: "1px" },
    ".cm-scroller": { fontFamily: "var(--mono)", fontSize: "0.9rem", lineHeight: "1.5" },
    ".cm-content": { caretColor: "var(--ink)" },
    ".cm-cursor": { borderLeftColor: "var(--ink)" },
    ".cm-gutters": {
      backgroundColor: "var(--sunk)", color: "var(--soft)", borderRight: "1px solid var(--edge)",
    },
    ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--sunk)" },
    "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, ::selection": {
      backgroundColor: "color-mix(in srgb, var(--accent) 30%, transparent)",
    },
    ".cm-tooltip": {
      backgroundColor: "var(--paper)", color: "var(--ink)", border: "1px solid var(--line)",
      maxWidth: "36rem",
    },
    ".cm-lintRange": { backgroundImage: "none" },
    ".cm-lintRange-error": { textDecoration: "underline wavy var(--bad)" },
    ".cm-lintRange-warning": { textDecoration: "underline wavy var(--warn)" },
    ".cm-matchingBracket": { backgroundColor: "var(--edge)" },
  });
  const colours = cm.HighlightStyle.define([
    { tag: cm.tags.comment, color: "var(--soft)", fontStyle: "italic" },
    { tag: cm.tags.propertyName, color: "var(--ink)" },
    { tag: cm.tags.string, color: "var(--good)" },
    { tag: cm.tags.number, color: "var(--accent)" },
    { tag: cm.tags.atom, color: "var(--accent)", fontWeight: "600" },
  ]);

  const editor = new EditorView({
    doc: text.value,
    extensions: [
      EditorView.cspNonce.of(text.dataset.nonce),
      cm.lineNumbers(), cm.history(), cm.drawSelection(), cm.highlightActiveLine(),
      cm.bracketMatching(), cm.lintGutter(), EditorView.lineWrapping,
      cm.StreamLanguage.define(cm.toml), cm.syntaxHighlighting(colours),
      cm.keymap.of([...cm.lintKeymap, ...cm.historyKeymap, ...cm.defaultKeymap]),
      EditorView.contentAttributes.of({
        "aria-labelledby": "text-title", "aria-describedby": "text-hint", spellcheck: "false",
        tabindex: "0",
      }),
      theme,
      EditorView.updateListener.of((update) => {
        if (!update.docChanged) return;
        text.value = update.state.doc.toString();
        if (update.transactions.some((one) => one.isUserEvent("checked"))) return;
        check(DEBOUNCE);
      }),
    ],
  });
  text.hidden = true;
  text.after(editor.dom);

  const place = (line, column) => {
    const doc = editor.state.doc;
    const at = doc.line(Math.min(Math.max(line, 1), doc.lines));
    return Math.min(at.from + column - 1, at.to);
  };

  // What is wrong is told in the list below; here the same is marked in the text.
  const mark = () => {
    const found = [...document.querySelectorAll("#problems [data-line]")].map((one) => {
      const from = place(Number(one.dataset.line), Number(one.dataset.column));
      const word = editor.state.doc.sliceString(from, editor.state.doc.lineAt(from).to);
      const length = (/^("[^"]*"|'[^']*'|[\w.-]+)/.exec(word) || [" "])[0].length;
      return {
        from, to: Math.min(from + length, editor.state.doc.length),
        severity: one.dataset.severity, message: one.dataset.said,
      };
    });
    editor.dispatch(cm.setDiagnostics(editor.state, found));
  };

  const values = () => new Map([...new FormData(form)].filter(([name]) => name !== "text"));

  // Each key in the form is looked at as each key in the text is; Enter does so at once.
  form.addEventListener("input", (event) => {
    if (event.target.closest("#fields")) check(DEBOUNCE);
  });
  form.addEventListener("change", (event) => {
    if (event.target.closest("#fields")) check(0);
  });
  form.addEventListener("submit", (event) => {
    if (event.submitter?.id === "check") {
      event.preventDefault();
      check(0);
      return;
    }
    clearTimeout(timer);
    isLeaving = true;
  }, true);
  window.addEventListener("pageshow", () => { isLeaving = false; });

  document.body.addEventListener("htmx:configRequest", (event) => {
    // a button that was pressed before does not say where this goes
    if (event.detail.elt === form) event.detail.path = "/policy/check";
  });

  // Where somebody types, the field itself stays; all around it is renewed.
  document.body.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { target, fragment } = event.detail;
    const here = document.activeElement?.closest("#fields .field");
    if (target.id !== "fields" || !here) return;
    const [old, fresh] = [target, fragment].map((of) => [...of.querySelectorAll(".field")]);
    const names = (of) => of.map((one) => one.dataset.field).join();
    if (names(old) !== names(fresh)) return;
    event.detail.shouldSwap = false;
    old.forEach((one, place) => {
      if (one !== here) one.replaceWith(fresh[place]);
      else renew(one, fresh[place]);
    });
    target.querySelector(":scope > [role='alert']")?.remove();
    const told = fragment.querySelector("[role='alert']");
    if (told) target.prepend(told);
  });

  const renew = (field, fresh) => {
    field.className = fresh.className;
    field.querySelector(".bad")?.remove();
    const wrong = fresh.querySelector(".bad");
    if (wrong) field.append(wrong);
    const [control, now] = [field, fresh].map((of) => of.querySelector("input, select, textarea"));
    for (const name of ["aria-invalid", "aria-describedby"]) {
      if (now.hasAttribute(name)) control.setAttribute(name, now.getAttribute(name));
      else control.removeAttribute(name);
    }
  };

  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt === form && isLeaving) event.preventDefault();
    if (event.detail.elt === form) sent = { text: text.value, fields: values() };
  });

  // What somebody typed while the answer was on its way is kept.
  let typed = null;
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.elt === form) typed = values();
  });

  document.body.addEventListener("htmx:afterSettle", () => {
    if (typed !== null && sent !== null) {
      for (const [name, value] of typed) {
        const input = form.elements.namedItem(name);
        const isField = input && input.type !== "hidden" && "value" in input;
        if (isField && sent.fields.get(name) !== value) input.value = value;
      }
      typed = null;
      const told = document.querySelector("#told[data-until]");
      if (told) told.replaceWith(Object.assign(told.cloneNode(false), { className: "" }));
      follow();
      adopt();
    }
    mark();
  });

  // The form has written into the text: so does the editor, where nobody typed meanwhile.
  const adopt = () => {
    const answer = document.getElementById("checked-text");
    if (!answer || text.value !== sent.text || answer.value === text.value) return;
    const [old, now] = [text.value, answer.value];
    let from = 0;
    while (from < old.length && old[from] === now[from]) from += 1;
    let tail = 0;
    while (tail < Math.min(old.length, now.length) - from
      && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail += 1;
    editor.dispatch({
      changes: { from, to: old.length - tail, insert: now.slice(from, now.length - tail) },
      userEvent: "checked",
    });
  };

  // The address, and the links to the other places, name the draft.
  const follow = () => {
    const key = document.getElementById("state").dataset.key;
    const search = key === "file" ? "" : `?v=${encodeURIComponent(key)}`;
    history.replaceState(null, "", `/policy${search}`);
    for (const link of document.querySelectorAll(".top__places a")) {
      link.href = new URL(link.href).pathname + search;
    }
  };

  document.body.addEventListener("click", (event) => {
    const link = event.target.closest("#problems [data-line]");
    if (!link) return;
    event.preventDefault();
    const anchor = place(Number(link.dataset.line), Number(link.dataset.column));
    editor.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: "center" }) });
    editor.focus();
  });

  // Has somebody changed the file outside?
  const outside = async () => {
    if (document.hidden || document.querySelector("#outside .note")) return;
    const expected = form.elements.namedItem("expected").value;
    htmx.ajax("GET", `/policy/outside?expected=${expected}`, { target: "#outside", swap: "innerHTML" });
  };
  setInterval(outside, 5000);

  mark();
})();
