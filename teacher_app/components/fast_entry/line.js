// One row as the teacher sees it: its values, its receipt, and what can be done with it.

const SLOW_MS = 4000; // after so long without a receipt a line says that it is not saved

class Line {
  constructor(id) {
    this.id = id;
    this.row = null; // as stored; null while it is not
    this.entry = null; // of the outbox
    this.note = null; // { text, undo } of the last receipt
    this.isGone = false;
    this.isEditing = false;
    this.isListed = false; // had no grade when this page first saw it: its grade is typed on the line itself
    this.isHeld = false; // what was typed in its form is saved once the receipt of what was sent before is here
    this.isOnTheWay = false; // down the register: after this form comes the next student's grade
    this.draft = valuesOf({});
    this.node = document.createElement("li");
    this.node.dataset.id = id;
    this.drawn = "";
  }

  get name() {
    return this.wanted.person || this.row?.code || "this row";
  }

  // The values that the teacher wants, or those that are stored.
  get wanted() {
    return valuesOf(this.entry?.person === undefined ? this.row ?? this.last ?? {} : { ...this.row, ...this.entry });
  }

  // Of the stored name, for comparing.
  get key() {
    if (this.keyedBy !== this.row.person) Object.assign(this, { keyedBy: this.row.person, keyOfName: nameKey(this.row.person) });
    return this.keyOfName;
  }

  edit(values) {
    this.isEditing = true;
    this.isHeld = this.isOnTheWay = false;
    this.draft = valuesOf(values);
    this.editedVersion = this.row?.version;
  }

  draw(now) {
    const picture = this.picture(now);
    const drawn = JSON.stringify([picture, this.wanted, this.row?.code, this.isGone]);
    if (drawn === this.drawn) return;
    const isSameForm = this.kind === picture.kind;
    Object.assign(this, { drawn, kind: picture.kind });
    if (isSameForm && picture.kind === "listed") return this.redrawListed(picture);
    const active = this.node.getRootNode().activeElement;
    const hadCursor = active && this.node.contains(active);
    this.node.className = `line ${picture.kind}`;
    this.node.dataset.state = picture.state;
    this.node.replaceChildren(...this[picture.kind](picture));
    if (hadCursor) this.focus(active.dataset.act ?? active.name);
  }

  focus(wanted) {
    for (const name of [wanted, "retry", "undo", "change", "grade", "listed-grade"]) {
      const found = this.node.querySelector(`[data-act="${name}"], input[name="${name}"], textarea[name="${name}"]`);
      if (!found) continue;
      found.focus();
      if (found.localName === "textarea") found.setSelectionRange(found.value.length, found.value.length);
      else if (found.select) found.select();
      return;
    }
    const first = this.node.querySelector("button");
    if (!first) this.node.tabIndex = -1; // nothing to press while it is saved: the line itself takes the focus
    (first ?? this.node).focus();
  }

  picture(now) {
    const entry = this.entry;
    const receipt = entry?.receipt;
    if (this.isEditing) {
      const text = receipt ? `Not saved. ${receipt.reason ?? ""}` : this.isHeld ? "Saving …" : "";
      return { kind: "editing", state: receipt ? "bad" : "", text, focus: receipt?.field };
    }
    const plain = this.isListed && !this.isGone ? "listed" : "plain";
    if (entry && !receipt) {
      const isSlow = now - entry.since > SLOW_MS;
      return { kind: plain, state: isSlow ? "bad" : "waiting", text: isSlow ? "Not saved yet: no answer from the server. It is kept here and sent again." : "Saving …", actions: [] };
    }
    switch (receipt?.kind) {
      case "not-saved":
        return { kind: plain, state: "bad", text: `Not saved: ${receipt.reason}.`, actions: [["retry", "Retry"], ["drop", "Discard"]] };
      case "refused":
        return { kind: plain, state: "bad", text: `Not saved. ${receipt.reason}`, actions: [["drop", "Discard"]] };
      case "duplicate":
        return { kind: "choice", state: "bad",
          text: receipt.is_same ? `Not saved again: ${receipt.row[1]} already has ${receipt.row[3]}.` : `Not saved: ${receipt.row[1]} already has ${receipt.row[3]}.`,
          actions: [...(receipt.is_same ? [] : [["replace", `Change ${receipt.row[3]} to ${entry.grade}`]]), ["both", "Save as a second result"], ["drop", "Discard"]] };
      case "conflict":
        return this.conflict(entry, receipt);
      default:
        return { kind: plain, state: this.isGone ? "gone" : this.note ? "saved" : "", text: this.note?.text ?? "", actions: this.usual() };
    }
  }

  conflict(entry, receipt) {
    const theirs = receipt.row && storedRow(receipt.row);
    if (!theirs) {
      return { kind: "choice", state: "bad", text: `Not saved: ${this.name} was deleted in another tab or by somebody else.`, actions: [["back", "Restore it with what I typed"], ["let-go", "Leave it deleted"]] };
    }
    if (entry.op === "delete") {
      return { kind: "choice", state: "bad", text: `Not deleted: it was changed in another tab or by somebody else. It is now ${theirs.person || theirs.code}, ${theirs.grade}.`,
        actions: [["mine", "Delete it anyway"], ["theirs", "Keep it"]] };
    }
    return { kind: "choice", state: "bad", text: "Not saved: it was changed in another tab or by somebody else. Which one is right?", theirs, actions: [["mine", "Keep what I typed here"], ["theirs", "Use the other one"]] };
  }

  usual() {
    const undo = this.note?.undo ? [["undo", "Undo"]] : [];
    if (this.isGone || !this.row) return undo;
    const isAwaited = this.isListed && !this.row.grade;
    return [...undo, ...(isAwaited ? [["absent", "Absent"]] : []), ["change", "Change"], ["delete", "Delete"]];
  }

  // The grade that is typed on a line of the register. The field stays while what surrounds it is drawn again.
  get gradeField() {
    if (!this.field) {
      this.field = build("input", "");
      Object.assign(this.field, { name: "listed-grade", type: "text", maxLength: 100, autocomplete: "off", autocapitalize: "none", spellcheck: false, enterKeyHint: "next" });
      this.sent = this.field.value = this.wanted.grade;
    }
    return this.field;
  }

  // What was typed and is not sent yet; null if nothing was.
  get typedGrade() {
    const typed = this.field?.value.trim();
    return typed === undefined || typed === this.sent ? null : typed;
  }

  get hasCursor() {
    return this.field !== undefined && this.node.getRootNode().activeElement === this.field;
  }

  dropTyped() {
    if (this.field && this.row && !this.entry) this.sent = this.field.value = this.row.grade;
  }

  // The stored grade in its canonical form, unless more was typed since it was sent.
  followGrade() {
    if (this.field && this.typedGrade === null) this.sent = this.field.value = this.row.grade;
  }

  // The four forms of a line.

  listed(picture) {
    this.gradeField.setAttribute("aria-label", `Grade, ${this.name}`);
    this.who = build("span", "person");
    this.receipt = build("span", "receipt");
    this.buttons = build("span", "actions");
    this.said = build("p", "said");
    this.said.dir = "auto";
    this.redrawListed(picture);
    return [this.who, this.field, this.receipt, this.buttons, this.said];
  }

  redrawListed(picture) {
    this.node.className = "line listed";
    this.node.dataset.state = picture.state;
    this.field.setAttribute("aria-invalid", String(this.entry?.receipt?.kind === "refused"));
    setText(this.receipt, picture.text);
    this.who.replaceChildren(...this.identity(this.row?.code));
    setText(this.said, this.wanted.comment);
    const active = this.node.getRootNode().activeElement;
    const hadCursor = this.buttons.contains(active);
    this.buttons.replaceChildren(...picture.actions.map(([act, label]) => this.button(act, label)));
    if (hadCursor) this.focus(active.dataset.act);
  }

  plain(picture) {
    const { grade, comment } = this.wanted;
    const who = build("span", "person", ...this.identity(this.row?.code ?? this.last?.code));
    const said = build("p", "said", comment);
    said.dir = "auto";
    return [who, build("span", "grade", grade), build("span", "receipt", picture.text), this.actions(picture.actions), said];
  }

  identity(code) {
    const { person, number } = this.wanted;
    return [person || "(no name)", number ? build("span", "number", ` ${number}`) : "", code ? build("span", "code", ` ${code}`) : ""];
  }

  choice(picture) {
    const parts = [build("span", "receipt", picture.text)];
    if (picture.theirs) {
      const here = this.wanted;
      const shown = Object.keys(here).filter((name) => here[name] || picture.theirs[name]);
      const row = (label, values) => build("tr", "", build("th", "", label), ...shown.map((name) => Object.assign(build("td", "", values[name]), { dir: "auto" })));
      parts.push(build("table", "values", row("Typed here", here), row("Saved there", picture.theirs)));
    } else if (this.entry.op !== "delete") {
      parts.push(build("span", "", `${this.wanted.person}: ${this.wanted.grade}`));
    }
    return [...parts, this.actions(picture.actions)];
  }

  editing(picture) {
    const input = (name, label, longest, tag = "input") => {
      const field = build(tag, "");
      Object.assign(field, { name, value: this.draft[name], maxLength: longest, autocomplete: "off" });
      if (tag === "input") field.spellcheck = false;
      else Object.assign(field, { rows: 1, dir: "auto" });
      if (picture.focus === name) field.setAttribute("aria-invalid", "true");
      field.addEventListener("input", () => (this.draft[name] = field.value));
      return build("label", `field ${name}`, build("span", "", label), field);
    };
    const save = this.button("save", "Save");
    save.type = "submit";
    const form = build("form", "edit", input("person", "Student", 1000), input("grade", "Grade", 100), input("comment", "Comment", 4000, "textarea"), input("number", "Number", 1000), save, this.button(this.row ? "cancel" : "drop", this.row ? "Cancel" : "Discard"));
    form.noValidate = true;
    return [...(picture.text ? [build("span", "receipt", picture.text)] : []), form];
  }

  actions(pairs) {
    return build("span", "actions", ...pairs.map(([act, label]) => this.button(act, label)));
  }

  button(act, label) {
    const button = build("button", "", label);
    button.type = "button";
    button.dataset.act = act;
    // The visible words come first, for voice control.
    button.setAttribute("aria-label", `${label}: ${this.name}`);
    return button;
  }
}

// What a teacher says of a row, without what identifies it.
function valuesOf({ person = "", grade = "", number = "", comment = "" }) {
  return { person, grade, number, comment };
}
