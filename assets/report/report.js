// The report's only script: fills in pictures, opens galleries, turns pages of tables, walks the map.
// Names and notes are untrusted: they enter the page by textContent and nothing else.
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("report-data").textContent);
  const names = new Map(data.names);
  const thumbnails = new Map(data.thumbnails.map(([item, ...rest]) => [item, rest]));

  const element = (tag, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };
  const isolated = (className, text) => element("bdi", { className, textContent: text });

  const fileName = (item) => {
    const name = names.get(item) ?? "";
    return isolated("file", name.slice(name.lastIndexOf("/") + 1));
  };

  /** The thumbnail of an item, or a place that says there is none. */
  const picture = (item) => {
    const found = thumbnails.get(item);
    const name = names.get(item) ?? "";
    if (!found) return element("span", { className: "missing", textContent: "no picture", title: name });
    const [src, width, height] = found;
    return element("img", { src, width, height, alt: name, title: name, decoding: "async" });
  };

  for (const place of document.querySelectorAll("[data-image]")) place.append(picture(Number(place.dataset.image)));

  // Galleries
  const dialog = document.getElementById("gallery");
  const openGallery = (index) => {
    const gallery = data.galleries[index];
    if (!gallery) return;
    document.getElementById("gallery-title").textContent = gallery.title;
    const shown = gallery.images.length;
    document.getElementById("gallery-more").textContent =
      gallery.more > 0 ? `${shown} of ${shown + gallery.more} images shown.` : `${shown} ${shown === 1 ? "image" : "images"}.`;
    document.getElementById("gallery-images").replaceChildren(
      ...gallery.images.map(([item, note]) =>
        element(
          "li",
          {},
          element(
            "figure",
            {},
            element("span", { className: "picture" }, picture(item)),
            element("figcaption", {}, isolated("note", note), fileName(item)),
          ),
        ),
      ),
    );
    dialog.showModal();
  };
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-gallery]") : null;
    if (button) openGallery(Number(button.dataset.gallery));
    else if (event.target === dialog || event.target.closest?.("[data-close]")) dialog.close();
  });

  // Tables of several pages
  const cell = (content, className) => {
    const made = element("td", { className });
    if (typeof content === "string") made.append(element("bdi", { textContent: content }));
    else {
      const button = element("button", { type: "button", className: "open", textContent: content.text });
      button.dataset.gallery = String(content.gallery);
      made.append(button);
    }
    return made;
  };
  for (const { id, pageSize, rows } of data.tables) {
    const table = document.getElementById(id);
    const pager = document.querySelector(`[data-pager="${id}"]`);
    if (!table || !pager) continue;
    const kinds = [...table.tHead.rows[0].cells].map((head) => head.className);
    const [back, forth] = pager.querySelectorAll("button");
    let page = 0;
    const show = (step) => {
      page = Math.max(0, Math.min(Math.ceil(rows.length / pageSize) - 1, page + step));
      const first = page * pageSize;
      const shown = rows.slice(first, first + pageSize);
      table.tBodies[0].replaceChildren(
        ...shown.map((row) => element("tr", {}, ...row.map((content, i) => cell(content, kinds[i])))),
      );
      pager.querySelector("span").textContent = `${first + 1}–${first + shown.length} of ${rows.length}`;
      back.disabled = page === 0;
      forth.disabled = first + pageSize >= rows.length;
    };
    back.addEventListener("click", () => show(-1));
    forth.addEventListener("click", () => show(1));
  }

  // Confusion matrix: one stop for Tab, arrows move inside
  const matrix = document.getElementById("matrix");
  if (matrix) {
    const buttons = [...matrix.querySelectorAll("button")];
    const focusOn = (button) => {
      for (const other of buttons) other.tabIndex = other === button ? 0 : -1;
    };
    focusOn(buttons[0]);
    matrix.addEventListener("focusin", (event) => {
      if (buttons.includes(event.target)) focusOn(event.target);
    });
    matrix.addEventListener("keydown", (event) => {
      const at = event.target.closest("td");
      const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
      if (!at || !step) return;
      event.preventDefault();
      let row = at.parentElement.rowIndex + step[0];
      let column = at.cellIndex + step[1];
      for (let next; (next = matrix.rows[row]?.cells[column]); row += step[0], column += step[1]) {
        const button = next.querySelector("button");
        if (button) return button.focus();
      }
    });
    for (const choice of document.querySelectorAll('input[name="matrix"]'))
      choice.addEventListener("change", () => matrix.classList.toggle("show-shares", choice.value === "shares"));
  }

  // Maps: pictures on hover, tap and by arrow keys; a legend that shows one group alone
  const tip = document.getElementById("tip");
  const showTip = (mark, [item, , note]) => {
    tip.replaceChildren(
      element("span", { className: "picture" }, picture(item)),
      isolated("note", note),
      fileName(item),
    );
    tip.hidden = false;
    const at = mark.getBoundingClientRect();
    const left = Math.min(window.innerWidth - tip.offsetWidth - 8, Math.max(8, at.left + 14));
    const above = at.top - tip.offsetHeight - 10;
    tip.style.left = `${left + window.scrollX}px`;
    tip.style.top = `${(above > 8 ? above : at.bottom + 10) + window.scrollY}px`;
  };
  for (const { id, series } of data.charts) {
    const figure = document.getElementById(id);
    if (!figure) continue;
    const marks = [...figure.querySelectorAll("[data-point]")].flatMap((mark) => {
      const point = series[Number(mark.dataset.series)]?.[Number(mark.dataset.point)];
      return point ? [{ mark, point }] : [];
    });
    const byMark = new Map(marks.map((one) => [one.mark, one]));
    // A ringed image has two marks; the keys visit it once.
    const seen = new Set();
    const walk = marks.filter(({ point }) => !seen.has(point[0]) && seen.add(point[0]));
    let current = -1;
    const choose = (found, speak) => {
      for (const { mark } of marks) mark.classList.remove("current");
      current = found ? walk.indexOf(found) : -1;
      if (!found) return (tip.hidden = true);
      found.mark.classList.add("current");
      showTip(found.mark, found.point);
      if (speak) figure.querySelector("[aria-live]").textContent = `${found.point[2]}, ${names.get(found.point[0]) ?? ""}`;
    };
    figure.addEventListener("pointerover", (event) => {
      const found = byMark.get(event.target);
      if (found) choose(found, false);
    });
    figure.addEventListener("pointerout", (event) => {
      if (byMark.has(event.target)) choose(null, false);
    });
    figure.addEventListener("click", (event) => choose(byMark.get(event.target) ?? null, false));
    figure.addEventListener("blur", () => choose(null, false));
    figure.addEventListener("keydown", (event) => {
      if (event.key === "Escape") return choose(null, false);
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!step || walk.length === 0) return;
      event.preventDefault();
      for (let tries = 0, at = current; tries < walk.length; tries++) {
        at = (at + step + walk.length) % walk.length;
        if (!walk[at].mark.classList.contains("dimmed")) return choose(walk[at], true);
      }
    });
    const legend = document.querySelector(`[data-legend="${id}"]`);
    legend?.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      const alone = button.getAttribute("aria-pressed") !== "true";
      for (const other of legend.querySelectorAll("button"))
        other.setAttribute("aria-pressed", String(other === button && alone));
      for (const { mark, point } of marks)
        mark.classList.toggle("dimmed", alone && point[1] !== Number(button.dataset.group));
    });
  }

  // On paper nothing can be unfolded
  window.addEventListener("beforeprint", () => {
    for (const folded of document.querySelectorAll("details")) folded.open = true;
  });
})();
