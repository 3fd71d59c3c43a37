// All lines of the page: those of this sitting, newest first, and earlier ones by name.

const EARLIER_SHOWN = 30;

class Lines {
  constructor(section) {
    this.part = (selector) => section.querySelector(selector);
    this.lines = new Map(); // row id -> Line
    this.sitting = []; // ids of the lines of this sitting, newest first
    this.stored = new StoredRows();
    this.shown = EARLIER_SHOWN;
    this.isPrinting = false; // paper has every line
  }

  get(id) {
    return this.lines.get(id);
  }

  showMore() {
    this.shown += EARLIER_SHOWN * 3;
  }

  showFew() {
    this.shown = EARLIER_SHOWN;
  }

  putOnTop(id) {
    if (!this.sitting.includes(id)) this.sitting.unshift(id);
  }

  // False if rows are missing that only a new message to the server brings.
  update(rows) {
    const update = this.stored.update(rows);
    for (const row of update?.changed ?? []) {
      const line = this.lines.get(row.id) ?? this.add(row.id);
      if (line.isGone) continue;
      if (!line.row && !line.entry && !row.grade) line.isListed = true;
      line.row = row;
      line.followGrade();
    }
    for (const id of update?.gone ?? []) this.lose(this.lines.get(id));
    return update !== null;
  }

  lose(line) {
    if (!line || line.isGone || line.entry || line.isEditing) return; // the receipt of what is under way will show it
    if (this.sitting.includes(line.id)) Object.assign(line, { isGone: true, last: line.row, row: null, note: { text: "Deleted elsewhere." } });
    else this.remove(line);
  }

  at(node) {
    return this.lines.get(node.closest("li").dataset.id);
  }

  of(entry) {
    const id = entry.line ?? entry.id ?? entry.key;
    const line = this.lines.get(id) ?? this.add(id);
    if (entry.op === "create") this.putOnTop(id);
    line.entry = entry;
    return line;
  }

  add(id) {
    const line = new Line(id);
    this.lines.set(id, line);
    return line;
  }

  remove(line) {
    this.lines.delete(line.id);
    this.sitting = this.sitting.filter((id) => id !== line.id);
    line.node.remove();
  }

  rename(line, id) {
    this.lines.delete(line.id);
    this.sitting = this.sitting.map((known) => (known === line.id ? id : known));
    line.id = line.node.dataset.id = id;
    this.lines.set(id, line);
  }

  draw() {
    const here = this.sitting.map((id) => this.lines.get(id));
    const inSitting = new Set(this.sitting);
    const register = this.register;
    const wanted = this.part("[name=find]").value;
    const others = [...this.lines.values()].filter((line) => !inSitting.has(line.id) && !line.isListed);
    // What was touched here stays in its place and in sight, whatever it is called now: the cursor may be on it.
    const isTouched = (line) => line.entry || line.isEditing || line.note;
    const found = others.filter((line) => isTouched(line) || hasWords(`${line.wanted.person} ${line.wanted.number} ${line.row?.code ?? ""}`, wanted));
    for (const line of found) line.placedBy ??= sortKey(`${line.wanted.person} ${line.wanted.number}`);
    found.sort((a, b) => compareTexts(a.placedBy, b.placedBy) || (a.id < b.id ? -1 : 1));
    const shown = found.filter((line, index) => this.isPrinting || index < this.shown || isTouched(line));
    const missing = register.filter((line) => !line.isGone && !line.row?.grade).length;
    this.drawList(".register", register, `Grades to enter (${missing || "none"} of ${register.length} missing)`, register.length);
    this.drawList(".sitting", here, `Entered here, newest first (${here.filter((line) => line.row && !line.isGone).length})`, here.length);
    this.drawList(".earlier", shown, `Entered before (${others.filter((line) => line.row && !line.isGone).length})`, others.length);
    this.part(".more").hidden = found.length === shown.length;
    this.part(".more").textContent = `Show more (${found.length - shown.length} left)`;
  }

  // The students who had no grade when this page first saw them, by name; they keep their places once they have one.
  get register() {
    const listed = [...this.lines.values()].filter((line) => line.isListed && !this.sitting.includes(line.id));
    for (const line of listed) line.placedBy ??= sortKey(`${line.wanted.person} ${line.wanted.number}`);
    return listed.sort((a, b) => compareTexts(a.placedBy, b.placedBy) || (a.id < b.id ? -1 : 1));
  }

  get firstAwaited() {
    return this.register.find((line) => line.kind === "listed" && !line.entry && !line.row?.grade && !line.field.value.trim());
  }

  // The lines on the register of the students without a grade who are called that, by the name or as it is offered.
  awaitedCalled(person) {
    const key = nameKey(person);
    const offered = this.offered.filter(({ line }) => !line.entry);
    const exact = offered.filter(({ text }) => nameKey(text) === key).map(({ line }) => line);
    const named = offered.filter(({ line }) => line.key === key).map(({ line }) => line);
    return exact.length === 1 ? exact : named.some((line) => line.row.number) ? named : named.slice(0, 1);
  }

  // The students without a grade by name, with the number if somebody else on the register has the same name.
  get offered() {
    const register = this.register.filter((line) => line.row?.person);
    const counts = new Map();
    for (const line of register) counts.set(line.key, (counts.get(line.key) ?? 0) + 1);
    const textOf = (line) => (line.row.number && counts.get(line.key) > 1 ? `${line.row.person} (${line.row.number})` : line.row.person);
    return register.filter((line) => !line.row.grade).map((line) => ({ line, text: textOf(line) }));
  }

  get hasDraft() {
    return [...this.lines.values()].some((line) => line.isEditing && JSON.stringify(line.draft) !== JSON.stringify(line.wanted));
  }

  drawList(selector, lines, title, count) {
    const part = this.part(selector);
    part.hidden = count === 0;
    setText(part.querySelector("h2"), title);
    const list = part.querySelector(".lines");
    const now = Date.now();
    lines.forEach((line, index) => {
      line.draw(now);
      if (list.children[index] !== line.node) list.insertBefore(line.node, list.children[index] ?? null);
    });
    while (list.children.length > lines.length) list.lastChild.remove();
  }
}
