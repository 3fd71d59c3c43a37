// The form, the outbox and the lines together. One Entry for each exam and tab; it outlives its mounting, so that
// the rows of this sitting remain while another part of the page is shown.

const SENT_AT_ONCE_MAX = 100; // one batch of the API; the next follow when these have their receipts
const RESEND_MS = 12000; // entries without a receipt are sent again: the run that had them may have been lost
const REST_MS = 2000; // after the last receipt; then the rest of the page may run, without making a row wait
const FORM = ["person", "grade", "comment"]; // the fields of a new row
const entries = new Map(); // place in the session storage -> Entry

export default function (component) {
  const { parentElement, data } = component;
  let entry = entries.get(data.place);
  if (!entry) {
    entry = new Entry(data.place, parentElement.querySelector(".entry"));
    entries.set(data.place, entry);
  }
  entry.mount(component);
  entry.configure(data);
  return () => entry.unmount(parentElement);
}

class Entry {
  constructor(place, section) {
    this.section = section;
    this.outbox = new Outbox(place);
    this.lines = new Lines(section);
    this.part = (selector) => section.querySelector(selector);
    this.fields = this.part(".new").elements;
    for (const name of FORM) this.fields[name].value = this.outbox.form[name] ?? "";
    for (const kept of this.outbox.entries.values()) this.lines.putOnTop(this.lines.of(kept).id);
    this.listen();
  }

  listen() {
    // Streamlit has single-letter shortcuts and cannot see that the focus is in one of these fields.
    for (const kind of ["keydown", "keypress", "keyup"]) this.section.addEventListener(kind, (event) => event.stopPropagation());
    this.part(".new").addEventListener("submit", (event) => (event.preventDefault(), this.submit()));
    this.part(".new").addEventListener("input", () => this.keepForm());
    this.fields.person.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      if (this.fields.person.value.trim()) this.moveTo(this.fields.grade, "");
      else this.moveTo(this.fields.person, "Type the student first.");
    });
    this.fields.comment.addEventListener("keydown", (event) => {
      if (event.isComposing || breakLine(event) || event.key !== "Enter" || event.shiftKey) return;
      event.preventDefault();
      this.submit();
    });
    this.part(".marks").addEventListener("click", (event) => {
      if (!event.target.dataset.mark) return;
      this.fields.grade.value = event.target.dataset.mark;
      this.submit();
    });
    this.part(".retry-all").addEventListener("click", () => this.retryAll());
    this.part(".next-refused").addEventListener("click", () => this.showNextRefused());
    this.part(".more").addEventListener("click", () => {
      this.lines.showMore();
      this.draw();
    });
    this.part("[name=find]").addEventListener("input", () => {
      this.lines.showFew();
      this.draw();
    });
    for (const list of this.section.querySelectorAll(".lines")) {
      list.addEventListener("click", (event) => {
        const button = event.target.closest("button[data-act]");
        if (button && button.type !== "submit") this.act(this.lines.at(button), button.dataset.act);
      });
      list.addEventListener("submit", (event) => (event.preventDefault(), this.act(this.lines.at(event.target), "save")));
      list.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && event.target.closest(".edit")) this.act(this.lines.at(event.target), "cancel");
        if (event.target.name === "listed-grade") this.moveOnRegister(event);
        if (event.target.name === "comment" && !event.isComposing && !breakLine(event) && event.key === "Enter" && !event.shiftKey) {
          event.preventDefault();
          this.act(this.lines.at(event.target), "save");
        }
      });
      list.addEventListener("focusin", ({ target }) => target.name === "listed-grade" && target.select());
      list.addEventListener("focusout", ({ target }) => target.name === "listed-grade" && this.saveListed(this.lines.at(target)));
    }
    window.addEventListener("online", () => this.outbox.waiting.length && this.send());
    for (const kind of ["beforeprint", "afterprint"]) {
      window.addEventListener(kind, () => {
        this.lines.isPrinting = kind === "beforeprint";
        this.draw();
      });
    }
    window.addEventListener("beforeunload", (event) => {
      if (this.outbox.entries.size || this.lines.hasDraft) event.preventDefault(); // the browser asks: a reload would keep it, but closing the tab would not
    });
  }

  mount({ parentElement: parent, setStateValue, setTriggerValue }) {
    Object.assign(this, { setStateValue, setTriggerValue });
    const present = parent.querySelector(".entry");
    if (present !== this.section) present.replaceWith(this.section);
    // The form takes the focus when this part of the page opens, so that typing can start at once. Keyboard users
    // keep their focus, and no on-screen keyboard covers a phone's page.
    if (parent !== this.parent && !document.activeElement.matches(":focus-visible") && matchMedia("(hover: hover)").matches) {
      this.fields.person.focus({ preventScroll: true });
      this.isOpening = true;
    }
    this.parent = parent;
    this.clock ??= setInterval(() => this.tick(), 1000);
  }

  unmount(parent) {
    if (parent !== this.parent) return;
    clearInterval(this.clock);
    this.clock = null;
  }

  // What the server sends.

  configure(data) {
    this.outbox.subject = data.subject;
    this.part(".hint").textContent = data.hint;
    this.part(".optional").textContent = `(${data.comment_reader})`;
    this.fields.grade.inputMode = data.input_mode;
    const link = this.part(".sign-in");
    link.href = data.sign_in ?? "";
    const isComplete = this.lines.update(data.rows);
    const announced = [];
    for (const [key, receipt] of Object.entries(data.receipts)) {
      const entry = this.outbox.entries.get(key);
      if (entry && !entry.receipt && entry.attempt === receipt.attempt) announced.push(this.applyReceipt(entry, receipt));
    }
    if (announced.length) this.part(".heard").textContent = announced.join(" ");
    const isRestored = !this.hasBegun && this.outbox.waiting.length > 0; // kept from before a reload
    this.hasBegun = true;
    if (!isComplete || isRestored) this.send();
    this.draw();
    // Students are waiting for their grades: the first of them takes the focus, unless somebody types already.
    if (this.isOpening && !this.fields.person.value) this.lines.firstAwaited?.field.focus();
    this.isOpening = false;
  }

  // Returns the words for it.
  applyReceipt(entry, receipt) {
    const line = this.lines.of(entry);
    const isListed = line.isListed && entry.op === "change";
    const time = new Date(receipt.at).toLocaleTimeString("en-GB");
    if (receipt.kind === "saved") {
      const row = storedRow(receipt.row);
      const before = receipt.before && storedRow(receipt.before);
      if (row.id !== line.id) this.lines.rename(line, row.id);
      Object.assign(line, { row, isGone: false, entry: null });
      if (line.isEditing) line.editedVersion = row.version; // what is typed there follows what was just saved
      const isOnlySaid = before && ["person", "grade", "number"].every((name) => before[name] === row[name]) && before.comment !== row.comment;
      const was = before?.grade && !isOnlySaid ? ` (was ${before.person === row.person ? "" : `${before.person}, `}${before.grade})` : "";
      const change = isOnlySaid ? (row.comment ? "Comment saved" : "Comment removed") : !row.grade ? "Grade taken back" : before?.grade ? "Changed" : "Saved";
      const words = { create: "Saved", change, undo: entry.of_op === "delete" ? "Restored" : "Undone" }[entry.op];
      line.note = { text: `${words} at ${time}${entry.op === "change" ? was : ""}`, undo: entry.op === "change" ? entry.key : null, op: entry.op };
      if (before) line.note.before = valuesOf(before);
      this.outbox.remove(entry.key);
      line.followGrade();
      if (line.isHeld) this.saveEdited(line);
      else if (line.typedGrade !== null && !line.hasCursor) this.saveListed(line);
      this.savedAt = Date.now();
      return `${words}: ${row.person || row.code}, ${row.grade}.`;
    }
    if (receipt.kind === "deleted") {
      const last = receipt.before ? storedRow(receipt.before) : line.row;
      Object.assign(line, { isGone: true, last, row: null, entry: null, note: { text: `Deleted at ${time}`, undo: receipt.before ? entry.key : null, op: "delete", before: last && valuesOf(last) } });
      this.outbox.remove(entry.key);
      this.savedAt = Date.now();
      return `Deleted: ${last?.person ?? ""}.`;
    }
    entry.receipt = receipt;
    line.isHeld = false;
    if (line.isEditing && receipt.kind === "conflict") {
      Object.assign(entry, line.draft); // what was typed in the form is one side of the choice
      line.isEditing = false;
    }
    if (receipt.kind === "refused" && !isListed && (entry.op === "create" || entry.op === "change")) {
      line.edit(entry);
      line.editedVersion = entry.version;
    }
    return `Not saved: ${line.name}. ${receipt.reason ?? ""}`;
  }

  // What the teacher does.

  submit() {
    const [person, grade, comment] = FORM.map((name) => this.fields[name].value.trim());
    if (!person) return this.moveTo(this.fields.person, "Type the student first.");
    if (!grade) return this.moveTo(this.fields.grade, `Type the grade of ${person}.`);
    const [listed, another] = this.lines.awaitedCalled(person);
    if (another) return this.moveTo(this.fields.person, `Several students are called ${person}: choose the one with the number.`);
    if (listed) {
      listed.gradeField.value = listed.sent = grade;
      this.ask({ op: "change", id: listed.id, version: listed.row.version, ...valuesOf(listed.row), grade, comment: comment || listed.row.comment }, listed);
    } else this.ask({ op: "create", person, grade, comment });
    for (const name of FORM) this.fields[name].value = "";
    this.keepForm();
    return this.moveTo(this.fields.person, "");
  }

  // Grades on the register: Enter, Tab and the arrows go from student to student, and what was typed is saved on leaving.
  moveOnRegister(event) {
    const line = this.lines.at(event.target);
    const step = { Enter: 1, ArrowDown: 1, ArrowUp: -1, Tab: event.shiftKey ? 0 : 1 }[event.key];
    if (event.key === "Escape") line.dropTyped();
    if (event.key === "ArrowRight" && event.target.selectionEnd === event.target.value.length && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.openEdited(line, "comment");
      line.isOnTheWay = true;
      return;
    }
    if (!step || event.isComposing) return;
    const fields = this.lines.register.filter((other) => other.kind === "listed").map((other) => other.field);
    const next = fields[fields.indexOf(event.target) + step];
    if (event.key === "Tab" && !next) return; // on to what follows the register
    event.preventDefault();
    if (next) next.focus();
    else if (step > 0) this.focusWhatIsMissing(line);
  }

  // After the last student: the first one who was passed over, else somebody who is not on the register.
  focusWhatIsMissing(last) {
    this.saveListed(last);
    (this.lines.firstAwaited?.field ?? this.fields.person).focus();
  }

  saveListed(line) {
    const grade = line?.typedGrade ?? null;
    if (grade === null || !line.row || line.isEditing) return;
    if (line.entry && !line.entry.receipt) return; // saved when the receipt of what was sent before is here
    line.sent = grade;
    if (line.entry) {
      this.outbox.again(line.entry, { grade });
      this.send();
      this.draw();
    } else if (grade !== line.row.grade) {
      this.ask({ op: "change", id: line.id, version: line.row.version, ...valuesOf(line.row), grade }, line);
    }
  }

  // All that can be said of a row; what was typed on the register goes along.
  openEdited(line, name) {
    line.edit({ ...line.wanted, ...(line.typedGrade === null ? {} : { grade: line.typedGrade }) });
    this.draw();
    line.focus(name);
  }

  moveTo(field, fault) {
    setText(this.part(".fault"), fault);
    field.focus();
  }

  keepForm() {
    this.outbox.form = Object.fromEntries(FORM.map((name) => [name, this.fields[name].value]));
    this.outbox.keep();
  }

  // A new entry: kept, shown, sent.
  ask(wanted, line) {
    const entry = this.outbox.add(wanted);
    if (line && entry.op === "create") this.lines.rename(line, entry.key);
    entry.line = line?.id ?? entry.key;
    const target = this.lines.of(entry);
    target.isEditing = false;
    this.outbox.keep();
    this.send();
    this.draw();
    return entry;
  }

  act(line, act) {
    const entry = line.entry;
    const theirs = entry?.receipt?.row && storedRow(entry.receipt.row);
    const release = () => {
      if (entry) this.outbox.remove(entry.key);
      line.entry = null;
    };
    switch (act) {
      case "change":
        return this.openEdited(line, "grade");
      case "cancel":
      case "drop":
        if (entry?.receipt) release();
        line.isHeld = line.isEditing = false;
        if (line.isOnTheWay) this.draw(), line.focus("listed-grade");
        if (!line.row && !line.isGone) this.leaveOut(line);
        break;
      case "save":
        return this.saveEdited(line);
      case "absent":
        line.field.value = "absent";
        return this.saveListed(line);
      case "delete":
        return this.ask({ op: "delete", id: line.id, version: line.row.version }, line);
      case "undo":
        return this.ask({ op: "undo", of: line.note.undo, of_op: line.note.op, ...line.note.before }, line);
      case "retry":
        this.outbox.again(entry);
        this.send();
        break;
      case "both":
        this.outbox.again(entry, { accepts_duplicate: true });
        this.send();
        break;
      case "replace":
        return this.replaceDuplicate(line, entry, theirs);
      case "mine": {
        release();
        const same = { id: line.id, version: theirs.version };
        return this.ask(entry.op === "delete" ? { op: "delete", ...same } : { op: "change", ...same, ...valuesOf(entry) }, line);
      }
      case "theirs": {
        release();
        Object.assign(line, { row: theirs, note: { text: "Theirs kept" } });
        break;
      }
      case "back":
        release();
        return this.ask({ op: "create", ...valuesOf(entry), code: line.row?.code ?? "" }, line);
      case "let-go":
        release();
        this.leaveOut(line);
        break;
    }
    line.dropTyped();
    return this.draw();
  }

  saveEdited(line) {
    const values = Object.fromEntries(Object.entries(line.draft).map(([name, value]) => [name, value.trim()]));
    const { person, grade } = values;
    if (!grade && !line.row) return line.focus("grade"); // of a stored result: the grade is taken back
    if (!person && !line.row?.code) return line.focus("person");
    line.isHeld = Boolean(line.entry && !line.entry.receipt); // until the receipt of what was sent before is here
    if (line.isHeld) return undefined;
    if (line.entry) {
      this.outbox.again(line.entry, values);
      line.isEditing = false;
      this.send();
      this.draw();
    } else {
      this.ask({ op: "change", id: line.id, version: line.editedVersion, ...values }, line);
    }
    if (line.isOnTheWay) return this.focusAfter(line);
    return line.row ? undefined : this.moveTo(this.fields.person, "");
  }

  // The grade of the student below.
  focusAfter(line) {
    line.gradeField.value = line.sent = line.wanted.grade;
    const { register } = this.lines;
    const next = register.slice(register.indexOf(line) + 1).find((other) => other.kind === "listed");
    if (next) next.field.focus();
    else this.focusWhatIsMissing(line);
  }

  replaceDuplicate(line, entry, existing) {
    const target = this.lines.get(existing.id) ?? this.lines.add(existing.id);
    if (target.entry) return target.focus();
    this.outbox.remove(entry.key);
    this.lines.remove(line);
    target.row ??= existing;
    this.lines.putOnTop(target.id);
    this.ask({ op: "change", id: target.id, version: existing.version, ...valuesOf(existing), grade: entry.grade, comment: entry.comment || existing.comment }, target);
    return this.moveTo(this.fields.person, "");
  }

  leaveOut(line) {
    this.lines.remove(line);
    this.fields.person.focus();
  }

  retryAll() {
    for (const entry of this.outbox.notSaved) this.outbox.again(entry);
    this.send();
    this.draw();
    this.fields.person.focus();
  }

  // From one result that cannot be saved to the next, down the page.
  showNextRefused() {
    const lines = [...this.section.querySelectorAll(".line")].map((node) => this.lines.at(node));
    const refused = lines.filter((line) => line.entry?.receipt);
    const shown = lines.indexOf(this.shownRefused);
    const next = refused.find((line) => lines.indexOf(line) > shown) ?? refused[0];
    this.shownRefused = next;
    next.focus(next.entry.receipt.field);
    next.node.scrollIntoView({ block: "center" });
  }

  send() {
    this.setStateValue("outbox", this.outbox.message(this.lines.stored.seen, this.outbox.waiting.slice(0, SENT_AT_ONCE_MAX)));
  }

  tick() {
    if (this.outbox.waiting.length && Date.now() - this.outbox.sentAt > RESEND_MS) this.send();
    if (this.outbox.waiting.length) this.draw();
    else if (this.savedAt && Date.now() - this.savedAt > REST_MS) {
      this.savedAt = 0;
      this.setTriggerValue("rested", Date.now());
    }
  }

  draw() {
    this.lines.draw();
    this.completeNames();
    const slow = this.outbox.waiting.filter((entry) => Date.now() - entry.since > SLOW_MS);
    const held = this.outbox.notSaved;
    const count = slow.length + held.length;
    this.part(".unsaved").hidden = count === 0;
    this.part(".sign-in").hidden = !held.some((entry) => entry.receipt.hindrance === "session-ended");
    const text = count === 0 ? "" : `${count} ${count === 1 ? "result is" : "results are"} not saved. Nothing that you typed is lost.`;
    setText(this.part(".unsaved-text"), text);
    const refused = this.outbox.refused.length;
    this.part(".refused").hidden = refused === 0;
    setText(this.part(".next-refused"), `${refused} ${refused === 1 ? "result is" : "results are"} not saved: show the next one`);
  }

  // The student field offers those who are still without a grade.
  completeNames() {
    const names = this.lines.offered.map(({ text }) => text);
    const drawn = names.join("\n");
    if (drawn === this.offered) return;
    this.offered = drawn;
    this.part("datalist").replaceChildren(...names.map((name) => Object.assign(document.createElement("option"), { value: name })));
  }
}
