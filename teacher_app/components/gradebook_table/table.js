// A gradebook, computed by the server and sent as a whole (300 students and 20 exams are 200 KB); searching, filtering
// and sorting happen in the browser. Weights and ticks are sent back all together at each change, so that none is lost
// while a slow answer is on its way; a field shows what is stored once its own edit is.

const KEPT = "gradebook";
const tables = new WeakMap();
const CELL_WORDS = { awaited: "missing", "not-listed": "–" };
const CELL_TITLES = {
  awaited: "No grade yet",
  "not-listed": "Not in this exam",
  unreadable: "Does not fit the exam’s scale, and does not count",
  unclear: "Students of one name: not told apart, and not counted",
};
const FILTERS = { all: () => true, missing: (student) => student.missing > 0, falling: (student) => student.trend.startsWith("↘") };
const FILTER_WORDS = { all: "All", missing: "Missing grades", falling: "Falling" };

export default function (component) {
  const { parentElement, data, setStateValue, setTriggerValue } = component;
  let table = tables.get(parentElement);
  if (!table) {
    table = new Gradebook(parentElement.querySelector(".gradebook"), data.reader);
    tables.set(parentElement, table);
  }
  table.configure(data, (edits) => setStateValue("edits", edits), (id) => setTriggerValue("open", id));
  return () => tables.delete(parentElement);
}

class Gradebook {
  constructor(root, reader) {
    this.root = root;
    this.reader = reader;
    this.state = { search: "", filter: "all", key: "order", direction: 1, ...kept(KEPT, reader) };
    this.edits = { weights: {}, shown: {} };
    const search = this.part(".search");
    search.value = this.state.search;
    search.addEventListener("input", () => this.change({ search: search.value }));
    this.part(".filters").addEventListener("click", (event) => {
      const filter = event.target.dataset.filter;
      if (filter) this.change({ filter });
    });
    this.part(".print").addEventListener("click", () => window.print());
    this.part("thead").addEventListener("click", (event) => this.press(event));
    this.part("thead").addEventListener("change", (event) => this.edit("weights", event.target.dataset.weight, event.target.value));
    this.part(".offered").addEventListener("change", (event) => this.edit("shown", event.target.dataset.tick, event.target.checked));
  }

  part(name) {
    return this.root.querySelector(name);
  }

  configure(data, send, open) {
    Object.assign(this, { data, send, open });
    this.students = data.students.map((student, order) => ({
      ...student,
      order,
      node: line(student), // moved by sorting and searching, and not made again
      placedBy: sortKey(student.name),
      lastBy: sortKey(`${lastName(student.name)} ${student.name}`),
      searched: wordsOf(`${student.name} ${student.number} ${student.code}`),
    }));
    this.drawHead();
    this.drawOffered();
    this.draw();
  }

  press(event) {
    const { sort, open } = event.target.dataset;
    if (sort) this.change({ key: sort, direction: this.state.key === sort ? -this.state.direction : firstDirection(sort) });
    if (!open || !isPlainClick(event)) return; // the browser opens a link in another tab or window
    event.preventDefault();
    this.open(open);
  }

  edit(kind, id, value) {
    if (!id) return;
    this.edits = { ...this.edits, [kind]: { ...this.edits[kind], [id]: value } };
    this.send(this.edits);
  }

  change(changes) {
    Object.assign(this.state, changes);
    keep(KEPT, this.reader, this.state);
    this.draw();
  }

  drawHead() {
    const { exams } = this.data;
    const focused = this.root.getRootNode().activeElement;
    const head = this.part("thead");
    const known = JSON.stringify(exams.map(({ id, subject, date, scale, isDraft }) => [id, subject, date, scale, isDraft]));
    if (this.drawnHead !== known) {
      this.drawnHead = known;
      head.replaceChildren(headings(exams), weights(exams));
    }
    for (const exam of exams) {
      const field = head.querySelector(`[data-weight="${exam.id}"]`);
      const typed = this.edits.weights[exam.id];
      const fault = this.data.faults[exam.id];
      if (field !== focused && typed === this.data.applied.weights?.[exam.id]) field.value = exam.weight;
      field.toggleAttribute("aria-invalid", Boolean(fault));
      setText(head.querySelector(`[data-share="${exam.id}"]`), exam.share);
    }
    const faults = Object.values(this.data.faults);
    this.part(".fault").hidden = faults.length === 0;
    setText(this.part(".fault"), faults.join(" "));
  }

  drawOffered() {
    const { offered } = this.data;
    const shown = offered.filter((exam) => exam.isShown).length;
    setText(this.part(".offered summary"), `Exams: ${shown} of ${offered.length} shown`);
    const list = this.part(".offered ul");
    const known = JSON.stringify(offered.map(({ id, text, count }) => [id, text, count]));
    if (this.drawnOffered !== known) {
      const focused = this.root.getRootNode().activeElement?.dataset?.tick;
      this.drawnOffered = known;
      list.replaceChildren(...offered.map(tick));
      if (focused) list.querySelector(`[data-tick="${focused}"]`)?.focus();
    }
    for (const exam of offered) {
      if (this.edits.shown[exam.id] === this.data.applied.shown?.[exam.id]) list.querySelector(`[data-tick="${exam.id}"]`).checked = exam.isShown;
    }
  }

  matching() {
    const words = wordsOf(this.state.search).split(" ");
    const { key, direction, filter } = this.state;
    const place = this.data.exams.findIndex((exam) => exam.id === key);
    const compare = ORDERS[key] ?? withNothingLast((student) => student.cells[place]?.[2] ?? null);
    return this.students
      .filter(FILTERS[filter])
      .filter((student) => words.every((word) => student.searched.includes(word)))
      .sort((a, b) => compare(a, b, direction) * direction || a.order - b.order);
  }

  draw() {
    const found = this.matching();
    for (const button of this.root.querySelectorAll(".filters button")) {
      const filter = button.dataset.filter;
      button.setAttribute("aria-pressed", String(filter === this.state.filter));
      setText(button, `${FILTER_WORDS[filter]} (${this.students.filter(FILTERS[filter]).length})`);
    }
    for (const head of this.root.querySelectorAll("thead tr:first-child th")) {
      const sorts = [...head.querySelectorAll("[data-sort]")].map((button) => button.dataset.sort);
      if (sorts.includes(this.state.key)) head.setAttribute("aria-sort", this.state.direction > 0 ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
      for (const button of head.querySelectorAll("[data-sort]")) button.classList.toggle("sorts", button.dataset.sort === this.state.key);
    }
    this.part("tbody").replaceChildren(...found.map((student) => student.node));
    this.part("tfoot").replaceChildren(this.foot());
    const isNarrowed = found.length < this.students.length;
    setText(this.part(".found"), isNarrowed ? `${found.length} of ${this.students.length} students` : "");
    this.part(".none").hidden = found.length > 0 || this.students.length === 0;
    setText(this.part(".none"), "No student matches. Clear the search or the filter.");
  }

  foot() {
    const { exams, mean } = this.data;
    const name = build("th", "name", "Mean of the class");
    name.scope = "row";
    const missing = exams.reduce((sum, exam) => sum + exam.missing, 0);
    return build(
      "tr",
      "",
      name,
      build("td", "average", mean),
      build("td", "trend", ""),
      build("td", "count", String(missing)),
      ...exams.map((exam) => build("td", "grade", exam.mean)),
    );
  }
}

// Whoever has no number stands at the end, in either direction.
const withNothingLast = (value) => (a, b, direction) => {
  const [first, second] = [value(a), value(b)];
  return first === null || second === null ? direction * (Number(first === null) - Number(second === null)) : first - second;
};
const ORDERS = {
  order: (a, b) => a.order - b.order,
  name: (a, b) => compareTexts(a.placedBy, b.placedBy),
  last: (a, b) => compareTexts(a.lastBy, b.lastBy),
  average: withNothingLast((student) => student.averageBy),
  trend: withNothingLast((student) => student.trendBy),
  missing: (a, b) => a.missing - b.missing,
};

function line(student) {
  const name = build("th", "name", student.name);
  name.scope = "row";
  name.dir = "auto";
  if (student.number) name.append(build("small", "", student.number));
  const trend = build("td", "trend", build("span", "", student.trend));
  if (student.trendText) trend.append(build("span", "aside", student.trendText));
  trend.firstElementChild.setAttribute("aria-hidden", "true");
  trend.title = student.trendText;
  const missing = build("td", student.missing ? "count some" : "count", String(student.missing));
  return build("tr", "", name, build("td", "average", student.average), trend, missing, ...student.cells.map(gradeCell));
}

function firstDirection(key) {
  return ["name", "last", "trend"].includes(key) ? 1 : -1;
}

function lastName(name) {
  return name.includes(",") ? name.split(",")[0] : name.trim().split(/\s+/).at(-1);
}

function headings(exams) {
  const name = heading("name", sorter("name", "Student"), sorter("last", "by last name"));
  const sums = [["average", "Average"], ["trend", "Trend"], ["missing", "Missing"]].map(([key, text]) => heading(key, sorter(key, text)));
  return build("tr", "", name, ...sums, ...exams.map(examHeading));
}

function examHeading(exam) {
  const link = build("a", "", exam.date);
  link.href = new URL(`exam?exam=${exam.id}&part=Grid`, location.href);
  link.dataset.open = exam.id;
  link.setAttribute("aria-label", `Open ${exam.subject}, ${exam.date}`);
  return heading("grade", sorter(exam.id, exam.subject), link, build("small", "", exam.isDraft ? `${exam.scale} · draft` : exam.scale));
}

function heading(className, ...children) {
  const node = build("th", className, ...children);
  node.scope = "col";
  return node;
}

function sorter(key, text) {
  const button = build("button", "", text);
  button.type = "button";
  button.dataset.sort = key;
  return button;
}

function weights(exams) {
  const name = build("th", "name", "Weight");
  name.scope = "row";
  return build("tr", "weights", name, ...[1, 2, 3].map(() => build("td", "")), ...exams.map(weightCell));
}

function weightCell(exam) {
  const field = build("input", "");
  field.inputMode = "decimal";
  field.autocomplete = "off";
  field.dataset.weight = exam.id;
  field.value = exam.weight;
  field.setAttribute("aria-label", `Weight of ${exam.subject}, ${exam.date}`);
  const share = build("small", "");
  share.dataset.share = exam.id;
  return build("td", "grade", field, share);
}

function tick(exam) {
  const box = build("input", "");
  box.type = "checkbox";
  box.dataset.tick = exam.id;
  const count = build("small", "", exam.count);
  return build("li", "", build("label", "", box, ` ${exam.text} `, count));
}

function gradeCell([kind, text]) {
  const cell = build("td", `grade ${kind}`, CELL_WORDS[kind] ?? text);
  if (CELL_TITLES[kind]) cell.title = CELL_TITLES[kind];
  if (kind === "unclear" || kind === "unreadable") cell.append(" ?", build("span", "aside", CELL_TITLES[kind]));
  return cell;
}
