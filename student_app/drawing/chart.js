// Draws an exam's bars, marks and box plot. Heights and places are percentages from the server.

class Chart {
  constructor(figure) {
    this.figure = figure;
    this.view = "histogram";
    this.part = (name) => figure.querySelector(name);
    this.part(".views").hidden = false;
    this.part(".views").addEventListener("change", (event) => {
      this.view = event.target.value;
      this.draw();
    });
  }

  // `exam` and `numbers` are the stream's; `ownBar` is the index of the bar with my result, or null.
  show(exam, numbers, ownBar) {
    Object.assign(this, { exam, numbers, ownBar });
    this.draw();
  }

  draw() {
    const { bars, box } = this.numbers;
    this.figure.hidden = bars.length === 0;
    // An edit of the scale brings the axis first, and its numbers a moment later.
    if (bars.length !== this.exam.axis.bars.length) return;
    const view = box.length === 0 && this.view === "box" ? "histogram" : this.view;
    this.part(".box-view").hidden = box.length === 0;
    this.figure.dataset.view = view;
    this.write = (text) => localized(text, this.exam.hasNumbers);
    this.drawFrame();
    this.drawBars(view === "cumulative");
    this.drawBox(view === "box");
    this.drawMarks(view === "box" ? [] : this.numbers.marks);
    const titles = { histogram: "Students", cumulative: "Share of students with this grade or a weaker one", box: "" };
    setText(this.part(".plot-title"), titles[view]);
    setText(this.part(".chart-title"), this.ownBar === null ? "Distribution" : "Distribution (▼ my result)");
  }

  drawFrame() {
    const { axis } = this.exam;
    const plot = this.part(".plot");
    const shape = JSON.stringify(axis);
    if (plot.dataset.shape === shape) return;
    plot.dataset.shape = shape;
    plot.classList.toggle("dense", axis.bars.length > 12);
    plot.replaceChildren(...axis.bars.map(() => build("div", "bin", build("span", "count"), build("div", "bar"))));
    const ticks = axis.bars.map(([, tick]) => build("span", "", this.write(tick)));
    this.part(".axis").replaceChildren(...ticks, ...(axis.last ? [build("span", "last", this.write(axis.last))] : []));
    this.part(".axis").classList.toggle("ends", axis.last !== "");
  }

  drawBars(isCumulative) {
    const plot = this.part(".plot");
    const { bars, words } = this.numbers;
    const labels = this.exam.axis.bars.map(([label]) => this.write(label));
    bars.forEach(([count, height, share, totalHeight, totalShare], index) => {
      const node = plot.children[index];
      const isOwn = index === this.ownBar;
      const shown = this.write(String(count));
      const plain = isCumulative ? `${labels[index]} or weaker: ${totalShare}` : `${labels[index]}: ${shown} ${count === 1 ? "student" : "students"}, ${share}`;
      const text = isOwn ? `${plain}, my result among them` : plain;
      setText(node.querySelector(".count"), isCumulative ? totalShare.replace(/\s/g, "") : count ? shown : "");
      node.querySelector(".bar").style.height = `${isCumulative ? totalHeight : height}%`;
      node.classList.toggle("own", isOwn);
      node.classList.toggle("right", index >= bars.length / 2);
      const hasText = isCumulative || count > 0;
      for (const [name, value] of [["tabindex", "0"], ["role", "img"], ["aria-label", text], ["data-tip", text]]) setAttribute(node, name, hasText ? value : null);
    });
    const longest = Math.max(...[...plot.querySelectorAll(".count")].map((count) => count.textContent.length));
    plot.classList.toggle("long", longest * bars.length > 44); // side by side they would overlap on a narrow phone
    const own = this.ownBar === null ? "" : ` My result is in ${labels[this.ownBar]}.`;
    setAttribute(plot, "aria-label", this.figure.dataset.view === "box" ? null : `${this.write(words)}${own}`);
    const cells = () => build("tr", "", build("th"), build("td"), build("td"), build("td"));
    fillChildren(this.part(".chart-table tbody"), bars, cells, (line, [count, , share, , totalShare]) => {
      const index = [...line.parentElement.children].indexOf(line);
      line.firstChild.scope = "row";
      [labels[index], this.write(String(count)), share, totalShare].forEach((text, cell) => setText(line.children[cell], text));
    });
  }

  drawBox(isShown) {
    const plot = this.part(".plot");
    plot.querySelector(".boxplot")?.remove();
    setText(this.part(".box-words"), isShown ? this.numbers.box.map(([, text]) => this.write(text)).join(" · ") : "");
    if (!isShown) return;
    const places = this.numbers.box.map(([left]) => left);
    const middle = places.length === 5 ? places.slice(1, 4) : places;
    const span = (name, from, to) => {
      const node = build("div", name);
      node.style.left = `${from}%`;
      node.style.width = `${to - from}%`;
      return node;
    };
    const parts = [span("box", middle[0], middle[2]), span("box-median", middle[1], middle[1])];
    if (places.length === 5) parts.unshift(span("whisker", places[0], places[4]));
    if (this.ownBar !== null) {
      const place = (100 * (this.ownBar + 0.5)) / this.numbers.bars.length;
      parts.push(span("box-own", place, place));
      parts.at(-1).append(build("span", "", "▼ me"));
    }
    const drawing = build("div", "boxplot", ...parts);
    drawing.setAttribute("role", "img");
    drawing.setAttribute("aria-label", `Box plot: ${this.part(".box-words").textContent}`);
    plot.append(drawing);
  }

  drawMarks(marks) {
    const plot = this.part(".plot");
    for (const old of plot.querySelectorAll(".mark")) old.remove();
    plot.append(...marks.map(([left, text, row, isTextBefore]) => {
      const kind = text.split(" ")[0].toLowerCase();
      const mark = build("div", isTextBefore ? `mark ${kind} end` : `mark ${kind}`, build("span", "", this.write(text)));
      mark.style.left = `${left}%`;
      mark.style.setProperty("--row", row);
      mark.setAttribute("aria-hidden", "true");
      return mark;
    }));
  }

  // Nothing of an unpublished exam stays in the page, not even hidden.
  clear() {
    this.figure.hidden = true;
    delete this.part(".plot").dataset.shape;
    for (const name of [".plot", ".axis", ".chart-table tbody", ".box-words"]) this.part(name).replaceChildren();
    this.part(".plot").removeAttribute("aria-label");
  }
}
