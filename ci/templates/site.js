// The script of a sigsys report: it switches the scheme, and makes the table one to search, filter and open.
// `data.js` sets SIGSYS (ci/src/results/site/data.rs says what is in it). What comes from there is only ever set
// as text. What is shown stands in the hash of the address; whoever changes something changes the hash, and
// the page follows it.
"use strict";

(() => {
  // ---- the scheme -------------------------------------------------------------------------------

  const KEY = "sigsys-scheme";
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");

  // A browser may refuse storage to a page of a file.
  function kept() {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  }

  function keep(scheme) {
    try {
      localStorage.setItem(KEY, scheme);
    } catch {
      // Then it is chosen again on the next page.
    }
  }

  const scheme = () => root.dataset.scheme || (system.matches ? "dark" : "light");

  if (["dark", "light"].includes(kept())) {
    root.dataset.scheme = kept();
  }

  function schemes() {
    const button = document.querySelector(".scheme");
    const say = () => {
      button.textContent = scheme() === "dark" ? "Light scheme" : "Dark scheme";
    };
    button.hidden = false;
    button.addEventListener("click", () => {
      root.dataset.scheme = scheme() === "dark" ? "light" : "dark";
      keep(root.dataset.scheme);
      say();
    });
    system.addEventListener("change", say);
    say();
  }

  // ---- the data ---------------------------------------------------------------------------------

  // `0-3 8` as numbers.
  function numbers(runs) {
    return runs.split(" ").filter(Boolean).flatMap((run) => {
      const [first, last = first] = run.split("-").map(Number);
      return Array.from({ length: last - first + 1 }, (_, at) => first + at);
    });
  }

  function read(data) {
    const spans = data.spans.map(([words, runs]) => ({ words, columns: numbers(runs) }));
    const summary = (at) => {
      const [standing, count, of] = data.summaries[at];
      return { ...data.standings[standing], count, of };
    };
    const outcomes = data.outcomes.map((values) => values.map(([standing, text, span, reasons]) => ({
      ...data.standings[standing],
      text: data.texts[text],
      range: spans[span].words,
      columns: spans[span].columns,
      reasons: reasons.map(([at, runs]) => ({ ...data.reasons[at], columns: numbers(runs) })),
    })));
    const groups = data.groups.map(([area, line, claim, rows, catches, needs, outcome]) => {
      const [front, file] = data.areas[area];
      const at = [];
      outcomes[outcome].forEach((value) => value.columns.forEach((column) => { at[column] = value; }));
      return {
        claim: front ? `${front}::${claim}` : claim,
        rows,
        place: file && line ? `${file}:${line}` : file,
        catches: data.texts[catches],
        needs: data.needs[needs],
        values: outcomes[outcome],
        at,
      };
    });
    const promises = data.promises.map((promise) => {
      const cells = [];
      promise.cells.forEach(([at, span]) => {
        spans[span].columns.forEach((column) => { cells[column] = summary(at); });
      });
      return {
        ...promise,
        sources: promise.sources.map(([at, place]) => {
          const [name, url] = data.documents[at];
          return { name, url, place };
        }),
        groups: promise.groups.map((at) => groups[at]),
        cells,
        folded: promise.folded.map(summary),
      };
    });
    // What can be a column of the table: a kernel over its variants, or one column.
    const views = new Map();
    data.kernels.forEach((kernel, at) => {
      views.set(kernel.label, { name: kernel.label, kernel: at, columns: kernel.columns });
    });
    data.columns.forEach((column, at) => {
      if (!views.has(column.name)) {
        views.set(column.name, { name: column.name, column: at, columns: [at] });
      }
    });
    return { ...data, groups, promises, views };
  }

  const summaryOf = (promise, view) =>
    view.kernel === undefined ? promise.cells[view.column] : promise.folded[view.kernel];

  // ---- elements ---------------------------------------------------------------------------------

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => {
      if (value !== undefined && value !== false) {
        element.setAttribute(name, value === true ? "" : value);
      }
    });
    element.append(...children.filter((child) => child !== undefined && child !== ""));
    return element;
  }

  const verdict = (value) => make("span", { class: `verdict ${value.class}` }, value.words);
  const plural = (count, one) => (count === 1 ? `1 ${one}` : `${count} ${one}s`);
  const quoted = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`);

  function line(label, ...text) {
    return make("p", {}, make("span", { class: "label" }, `${label} `), ...text);
  }

  function caseOf(group) {
    return group.rows.length > 0 ? `${group.claim}[${group.rows[0]}]` : group.claim;
  }

  // A value of a group: where, what was observed, why, and how to see it again.
  function value(data, group, one, label, columns) {
    const inside = make("div", { class: `value ${one.class}` });
    inside.append(make("p", {}, verdict(one), label ? ` ${label}` : ""));
    if (one.text) {
      inside.append(make("p", { class: "seen" }, one.text));
    }
    inside.append(line("the same on", one.range));
    one.reasons.filter((reason) => reason.columns.some((at) => columns.includes(at))).forEach((reason) => {
      inside.append(line("why", reason.range ? `${reason.why} (${reason.range})` : reason.why));
      if (reason.source) {
        inside.append(line("seen in", reason.source));
      }
    });
    if (columns.length > 0 && one.words !== "no such case") {
      const at = columns.find((column) => data.columns[column].variant === "xonly") ?? columns[0];
      const again = data.columns[at].again + quoted(caseOf(group));
      inside.append(make("pre", {}, make("code", {}, again)));
    }
    return inside;
  }

  // A group as something to open.
  function folding(group, head, open, ...inside) {
    const name = group.rows.length > 0 ? `${group.claim} [${plural(group.rows.length, "row")}]` : group.claim;
    const about = make("div", { class: "inside" });
    if (group.rows.length > 0) {
      about.append(make("p", { class: "rows" }, group.rows.join(" · ")));
    }
    if (group.catches) {
      about.append(line("catches", group.catches));
    }
    if (group.needs) {
      about.append(line("needs", group.needs));
    }
    if (group.place) {
      about.append(line("case", make("code", {}, group.place)));
    }
    about.append(...inside);
    return make("details", { class: "group", open }, make("summary", {}, ...head, make("code", {}, name)), about);
  }

  const BADNESS = ["n", "l", "h", "d", "u", "b"];
  const worst = (values) => values.reduce(
    (a, b) => (BADNESS.indexOf(b.class) > BADNESS.indexOf(a.class) ? b : a),
  );

  // The values that a group has in a view, each with its columns there.
  function valuesIn(group, view) {
    const found = new Map();
    view.columns.forEach((column) => {
      const one = group.at[column];
      if (one) {
        found.set(one, [...(found.get(one) || []), column]);
      }
    });
    return found;
  }

  function sides(data, group, views) {
    const side = (view) => {
      const part = make("div", {}, views.length > 1 ? make("p", { class: "label" }, view.name) : "");
      valuesIn(group, view).forEach((columns, one) => {
        const all = columns.length === view.columns.length;
        const names = all ? "" : columns.map((at) => data.columns[at].variant).join(", ");
        part.append(value(data, group, one, names, columns));
      });
      return part;
    };
    return make("div", { class: views.length > 1 ? "sides" : "" }, ...views.map(side));
  }

  // The columns of two views that answer to each other.
  function pairs(data, a, b) {
    const variant = (at) => data.columns[at].variant;
    const alike = a.columns.flatMap((one) => {
      const other = b.columns.find((at) => variant(at) === variant(one));
      return other === undefined ? [] : [[one, other]];
    });
    const usual = (view) => view.columns.find((at) => variant(at) === "xonly") ?? view.columns[0];
    return alike.length > 0 ? alike : [[usual(a), usual(b)]];
  }

  const differs = (group, all) => all.some(([a, b]) => group.at[a] !== group.at[b]);

  function sourcesOf(promise) {
    const items = promise.sources.map(({ name, url, place }) => {
      const document_ = /^https?:/.test(url) ? make("a", { href: url }, name) : name;
      return make("li", {}, document_, `, ${place}`);
    });
    return make("ul", { class: "sources", "aria-label": "Sources" }, ...items);
  }

  // ---- the page of a promise --------------------------------------------------------------------

  // What it says is there without a script; this puts in what there was no room for.
  function page(data) {
    const id = document.querySelector(".id code").textContent;
    const promise = data.promises.find((one) => one.id === id);
    const place = document.getElementById("cases");
    if (!promise || !place) {
      return;
    }
    const groups = promise.groups.map((group) => {
      const shown = group.values.filter((one) => one.words !== "no such case");
      const head = [...new Map(shown.map((one) => [one.words, one])).values()].map(verdict);
      const values = shown.map((one) => value(data, group, one, "", one.columns));
      return folding(group, head, promise.groups.length === 1, ...values);
    });
    place.replaceChildren(...groups);
  }

  // ---- the table --------------------------------------------------------------------------------

  function table(data) {
    const element = (id) => document.getElementById(id);
    const compat = document.querySelector(".compat");
    const head = compat.tHead.rows[0];
    const bodies = [...compat.tBodies];
    const rows = [...compat.querySelectorAll('th[scope="row"]')].map((th, at) => ({
      tr: th.parentElement,
      promise: data.promises[at],
    }));
    const dialog = element("detail");
    const everyView = data.kernels.map((kernel) => data.views.get(kernel.label));
    let shown = everyView;
    let returnTo = null;

    // -- the state in the hash

    function state() {
      const hash = new URLSearchParams(location.hash.slice(1));
      const view = (name) => data.views.get(hash.get(name) || "");
      return {
        q: hash.get("q") || "",
        show: hash.get("show") || "",
        a: view("a"),
        b: view("b"),
        open: (hash.get("open") || "").split(",").filter(Boolean),
        cell: hash.get("cell") || "",
      };
    }

    function change(changes, replace) {
      const now = state();
      const next = { ...now, a: now.a?.name, b: now.b?.name, open: now.open.join(","), ...changes };
      const hash = new URLSearchParams();
      ["q", "show", "a", "b", "open", "cell"].forEach((name) => {
        if (next[name]) {
          hash.set(name, next[name]);
        }
      });
      const text = `#${hash}`;
      if (replace) {
        location.replace(text);
      } else {
        location.hash = text;
      }
    }

    // -- which columns

    function viewsOf(now) {
      if (now.a && now.b) {
        return [now.a, now.b];
      }
      return everyView.flatMap((view) => {
        const open = view.columns.length > 1 && now.open.includes(view.name);
        return open ? [view, ...view.columns.map((at) => data.views.get(data.columns[at].name))] : [view];
      });
    }

    function cell(summary) {
      const td = make("td", { class: summary.class, tabindex: "-1" });
      td.append(summary.words === "no such case" ? "no case" : summary.words);
      if (summary.count !== summary.of) {
        td.append(" ", make("i", {}, `${summary.count}/${summary.of}`));
      }
      return td;
    }

    function heading(view, now) {
      const variants = view.kernel !== undefined && view.columns.length > 1 && !(now.a && now.b);
      if (variants) {
        const open = now.open.includes(view.name);
        const title = `${open ? "Fold" : "Open"} the variants of ${view.name}`;
        const button = make("button", { type: "button", "aria-expanded": String(open), title, tabindex: "-1" }, view.name);
        button.addEventListener("click", () => {
          const left = state().open.filter((name) => name !== view.name);
          change({ open: (open ? left : [...left, view.name]).join(",") });
        });
        return make("th", { scope: "col" }, button);
      }
      const column = data.columns[view.columns[0]];
      const isVariant = view.kernel === undefined;
      const attributes = { scope: "col", title: isVariant ? column.title : undefined, class: isVariant ? "variant" : undefined };
      return make("th", attributes, isVariant && !(now.a && now.b) ? column.variant || view.name : view.name);
    }

    function columns(now) {
      const views = viewsOf(now);
      const same = views.length === shown.length && views.every((view, at) => view === shown[at]);
      head.replaceChildren(head.cells[0], ...views.map((view) => heading(view, now)));
      if (!same) {
        rows.forEach(({ tr, promise }) => {
          tr.replaceChildren(tr.cells[0], ...views.map((view) => cell(summaryOf(promise, view))));
        });
        compat.querySelectorAll("[colspan]").forEach((th) => { th.colSpan = views.length + 1; });
      }
      shown = views;
    }

    // -- which promises

    let texts = null;
    function textOf(at) {
      texts ??= data.promises.map((promise) => {
        const cases = promise.groups.flatMap((group) => [group.claim, group.claim.replaceAll("_", " "), ...group.rows]);
        const sources = promise.sources.flatMap((source) => [source.name, source.place]);
        return [promise.id, promise.text, promise.terms, ...cases, ...sources].join("\n").toLowerCase();
      });
      return texts[at];
    }

    function isShown(promise, at, now, words, compared) {
      if (!words.every((word) => textOf(at).includes(word))) {
        return false;
      }
      const cells = () => shown.map((view) => summaryOf(promise, view));
      switch (now.show) {
        case "": return true;
        case "changed": return Boolean(compared) && promise.groups.some((group) => differs(group, compared));
        case "other": return cells().some((one) => one.class !== "h" && one.class !== "n");
        default: return cells().some((one) => one.class === now.show);
      }
    }

    function filter(now) {
      const words = now.q.toLowerCase().split(/\s+/).filter(Boolean);
      const compared = now.a && now.b ? pairs(data, now.a, now.b) : null;
      let count = 0;
      rows.forEach(({ tr, promise }, at) => {
        tr.hidden = !isShown(promise, at, now, words, compared);
        count += Number(!tr.hidden);
      });
      // A heading without a promise is hidden.
      let mechanism = null;
      bodies.forEach((body) => {
        if (body.classList.contains("mechanism")) {
          mechanism = body;
          body.hidden = true;
          return;
        }
        body.hidden = ![...body.rows].some((tr) => !tr.hidden && !tr.classList.contains("document"));
        if (!body.hidden && mechanism) {
          mechanism.hidden = false;
        }
      });
      const all = plural(rows.length, "promise");
      let text = count === rows.length ? all : `${count} of ${all}`;
      if (compared) {
        text += `, ${now.a.name} and ${now.b.name} side by side`;
      } else if (now.show === "changed") {
        text = "Choose A and B to see what changed from one to the other";
      }
      element("count").textContent = text;
      element("empty").hidden = count > 0;
      element("table").hidden = count === 0;
    }

    // -- the keyboard: one cell of the table can be reached with Tab, the others with arrows

    const lines = () => [head, ...rows.map(({ tr }) => tr).filter((tr) => !tr.hidden)];
    const inner = (one) => one.querySelector("a, button") || one;
    let current = null;

    function reach(one) {
      if (current) {
        current.tabIndex = -1;
      }
      current = one;
      current.tabIndex = 0;
    }

    function reachable() {
      compat.querySelectorAll('td, th[scope="row"] a').forEach((one) => { one.tabIndex = -1; });
      const first = rows.find(({ tr }) => !tr.hidden);
      current = null;
      if (first) {
        reach(first.tr.cells[1] || inner(first.tr.cells[0]));
      }
    }

    function move(event) {
      const at = event.target.closest("td, th");
      if (!at || event.altKey || event.ctrlKey || event.metaKey) {
        return;
      }
      const all = lines();
      const y = all.indexOf(at.parentElement);
      const x = at.cellIndex;
      const last = at.parentElement.cells.length - 1;
      const to = {
        ArrowRight: [y, Math.min(x + 1, last)],
        ArrowLeft: [y, Math.max(x - 1, 0)],
        ArrowDown: [Math.min(y + 1, all.length - 1), x],
        ArrowUp: [Math.max(y - 1, 0), x],
        Home: [y, 0],
        End: [y, last],
        PageDown: [Math.min(y + 10, all.length - 1), x],
        PageUp: [Math.max(y - 10, 1), x],
      }[event.key];
      if (to) {
        event.preventDefault();
        const one = inner(all[to[0]].cells[to[1]]);
        if (one.matches("th")) {
          return;
        }
        reach(one);
        one.focus();
      } else if (at.matches("td") && (event.key === "Enter" || event.key === " ")) {
        event.preventDefault();
        openCell(at);
      }
    }

    // -- the detail of a cell

    function openCell(td) {
      const row = rows.find(({ tr }) => tr === td.parentElement);
      const view = shown[td.cellIndex - 1];
      returnTo = td;
      change({ cell: `${row.promise.id}@${view.name}` });
    }

    function detail(now) {
      const at = now.cell.lastIndexOf("@");
      const promise = data.promises.find((one) => one.id === now.cell.slice(0, at));
      const view = data.views.get(now.cell.slice(at + 1));
      if (!promise || !view) {
        if (dialog.open) {
          dialog.close();
        }
        return;
      }
      const compared = now.a && now.b;
      const views = compared ? [now.a, now.b] : [view];
      const all = compared ? pairs(data, now.a, now.b) : [];
      const close = make("button", { type: "button", id: "close" }, "Close");
      close.addEventListener("click", () => dialog.close());
      const groups = promise.groups.map((group) => {
        const values = views.flatMap((one) => [...valuesIn(group, one).keys()]);
        const isChanged = compared && differs(group, all);
        const heads = compared
          ? [make("span", { class: "label" }, isChanged ? "differs" : "the same")]
          : [verdict(worst(values))];
        const rank = compared ? Number(isChanged) : BADNESS.indexOf(worst(values).class);
        const open = promise.groups.length === 1 || (compared ? isChanged : rank > BADNESS.indexOf("h"));
        return { rank, element: folding(group, heads, open, sides(data, group, views)) };
      });
      groups.sort((a, b) => b.rank - a.rank);
      const name = compared ? `${now.a.name} and ${now.b.name}` : view.name;
      const where = views.map((one) => {
        const summary = summaryOf(promise, one);
        const counts = summary.count === summary.of ? "" : `${summary.count} of ${plural(summary.of, "case")} on `;
        const title = one.columns.length === 1
          ? data.columns[one.columns[0]].title
          : `${one.name}, each case as the worst of ${one.columns.length} variants`;
        return make("p", {}, verdict(summary), ` ${counts}${title}`);
      });
      const facts = [promise.id, promise.validity].filter(Boolean).join(" · ");
      dialog.replaceChildren(
        make("div", { class: "bar" }, make("strong", {}, name), close),
        make("p", { class: "id" }, facts),
        make("h2", { id: "detail-title" }, promise.text || promise.id),
        ...where,
        sourcesOf(promise),
        make("p", { class: "terms" }, promise.terms ? `Terms: ${promise.terms}. ` : "", make("a", { href: promise.page }, "Its page"), " has the history."),
        make("h3", {}, plural(promise.groups.reduce((sum, group) => sum + Math.max(group.rows.length, 1), 0), "case")),
        ...groups.map(({ element: one }) => one),
      );
      if (promise.groups.length === 0) {
        dialog.append(make("p", { class: "why" }, promise.unobservable || "No case tests it."));
      }
      if (!dialog.open) {
        dialog.showModal();
      }
      dialog.scrollTop = 0;
      close.focus();
      if (!returnTo) {
        const row = rows.find((one) => one.promise === promise);
        returnTo = row.tr.cells[shown.indexOf(view) + 1] || null;
        const scroller = element("table");
        scroller.scrollTop = row.tr.offsetTop - scroller.clientHeight / 3;
      }
    }

    dialog.addEventListener("close", () => {
      if (state().cell) {
        change({ cell: "" });
      }
      if (returnTo?.matches("td") && returnTo.isConnected) {
        reach(returnTo);
        returnTo.focus();
      }
      returnTo = null;
    });
    dialog.addEventListener("click", (event) => {
      // Beside the dialog is its backdrop.
      if (event.target === dialog) {
        dialog.close();
      }
    });

    // -- everything follows the hash

    function follow() {
      const now = state();
      columns(now);
      filter(now);
      if (element("q").value !== now.q) {
        element("q").value = now.q;
      }
      element("show").value = now.show;
      element("a").value = now.a?.name || "";
      element("b").value = now.b?.name || "";
      const foldable = everyView.filter((view) => view.columns.length > 1);
      const isOpen = foldable.length > 0 && foldable.every((view) => now.open.includes(view.name));
      element("variants").setAttribute("aria-pressed", String(isOpen));
      element("variants").hidden = foldable.length === 0 || Boolean(now.a && now.b);
      if (!current?.isConnected || current.closest("[hidden]")) {
        reachable();
      }
      detail(now);
    }

    function choose(select) {
      const kernels = make("optgroup", { label: "Kernels" });
      const single = make("optgroup", { label: "Variants" });
      data.views.forEach((view) => {
        const option = make("option", { value: view.name }, view.name);
        (view.kernel === undefined ? single : kernels).append(option);
      });
      select.append(kernels, ...(single.children.length > 0 ? [single] : []));
      select.addEventListener("change", () => {
        const changes = { [select.id]: select.value };
        const both = { a: state().a, b: state().b, ...changes };
        // Two that are compared are compared by what differs, unless something else is asked for.
        if (both.a && both.b && !state().show) {
          changes.show = "changed";
        } else if (!(both.a && both.b) && state().show === "changed") {
          changes.show = "";
        }
        change(changes);
      });
    }

    function nothing() {
      change({ q: "", show: "", a: "", b: "", open: "" });
    }

    compat.setAttribute("role", "grid");
    reachable();
    choose(element("a"));
    choose(element("b"));
    element("q").addEventListener("input", () => change({ q: element("q").value }, true));
    element("show").addEventListener("change", () => change({ show: element("show").value }));
    element("variants").addEventListener("click", () => {
      const isOpen = element("variants").getAttribute("aria-pressed") === "true";
      change({ open: isOpen ? "" : everyView.filter((view) => view.columns.length > 1).map((view) => view.name).join(",") });
    });
    element("clear").addEventListener("click", nothing);
    element("all").addEventListener("click", nothing);
    element("tools").addEventListener("submit", (event) => event.preventDefault());
    compat.addEventListener("keydown", move);
    compat.addEventListener("click", (event) => {
      const td = event.target.closest("td");
      if (td) {
        openCell(td);
      }
    });
    document.addEventListener("keydown", (event) => {
      const typing = event.target.closest("input, select, textarea, dialog");
      if (event.key === "/" && !typing && !dialog.open) {
        event.preventDefault();
        element("q").focus();
      }
    });
    addEventListener("hashchange", follow);
    element("tools").hidden = false;
    follow();
  }

  document.addEventListener("DOMContentLoaded", () => {
    schemes();
    // Without its data a page is what it was written as.
    if (typeof SIGSYS === "undefined") {
      return;
    }
    const data = read(SIGSYS);
    if (document.querySelector(".compat")) {
      table(data);
    } else {
      page(data);
    }
  });
})();
