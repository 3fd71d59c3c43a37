// My result: found by name or code among the results of the stream, as they arrive.

const OWN_SHOWN_MAX = 8; // students of one name
const ADDRESS = "me"; // the parameter of the page's address

class OwnResult {
  // `onChoice` is called when another result, or none, is mine; `onNews` when mine arrives or changes by itself.
  constructor(root, { onChoice, onNews, onShow }) {
    this.part = (name) => root.querySelector(name);
    this.onChoice = onChoice;
    this.onNews = onNews;
    this.id = null;
    this.chosen = null; // among several of one name
    this.wantsNotice = false;
    const field = this.part(".me");
    this.isComplete = false; // asked for, not only typed so far
    const kept = new URLSearchParams(location.search).get(ADDRESS);
    if (kept) {
      if (!field.value) field.value = kept;
      this.part(".keep").checked = true;
    }
    if (field.value) this.isComplete = true;
    field.addEventListener("input", () => this.ask({ isComplete: false }));
    field.addEventListener("change", () => this.ask({ isComplete: true }));
    this.part(".mine").addEventListener("submit", (event) => {
      event.preventDefault();
      this.ask({ isComplete: true });
    });
    this.part(".keep").addEventListener("change", () => this.keepInAddress());
    this.part(".show-own").addEventListener("click", onShow);
    this.part(".notify").addEventListener("click", () => this.allowNotices());
    this.part(".own-results").addEventListener("click", (event) => {
      const { choose } = event.target.dataset ?? {};
      if (!choose) return;
      this.chosen = choose;
      this.search();
    });
  }

  get asked() {
    return this.part(".me").value.trim();
  }

  // What is in the field, and whether it was asked for.
  get typed() {
    return { text: this.part(".me").value, isComplete: this.isComplete };
  }

  retype({ text, isComplete }) {
    if (this.asked) return;
    this.part(".me").value = text;
    this.isComplete = isComplete;
  }

  ask({ isComplete }) {
    this.isComplete = isComplete;
    this.chosen = null;
    if (this.isOwnOnly) this.askServer(isComplete);
    else this.search();
    if (isComplete || !this.asked) this.keepInAddress();
  }

  // Each student sees the own result only: the server has no list of them, and is asked with the code.

  get isOwnOnly() {
    return this.exam?.audience === "OWN";
  }

  async askServer(isComplete) {
    if (!isComplete || !this.asked || this.asked === this.askedFor) return;
    const { id } = this.exam;
    const code = (this.askedFor = this.asked);
    if (code !== this.code) this.mine = null;
    this.code = code;
    const before = this.mine;
    const { row, comment, error } = await this.answerTo(id, code);
    const isAwaited = code === this.asked && id === this.exam?.id;
    if (isAwaited && error === undefined) this.mine = row ? { ...rowOf(row), comment } : null; // what is shown stays while the server refuses
    if (code === this.askedFor && !(isAwaited && this.mine)) this.askedFor = null; // the same code may be asked for again
    if (!isAwaited) return; // another code is being typed, or the exam was withdrawn
    if (before && this.mine && (before.grade !== this.mine.grade || before.comment !== this.mine.comment)) this.news();
    this.drawMine(error ?? (row ? "" : "This code finds no result, or none yet. Check the code on your slip, and look again once your teacher has entered the grade."));
    this.onChoice();
  }

  async answerTo(id, code) {
    try {
      const answer = await fetch(new URL(`live/${id}/own`, document.baseURI), { method: "POST", body: JSON.stringify({ code }) });
      return await answer.json();
    } catch {
      return { error: "The server cannot be reached. Try again." };
    }
  }

  // Something of the exam has changed, perhaps the result that is shown. Pages ask one after another.
  askAgain(spreadS) {
    this.asking ??= setTimeout(() => {
      this.asking = null;
      if (this.asked !== this.askedFor) return; // another code is being typed
      this.askedFor = null;
      this.askServer(true);
    }, Math.random() * spreadS * 1000);
  }

  drawMine(words = "") {
    setText(this.part(".own-label"), "My code");
    this.part(".own-tools").hidden = true;
    const box = this.part(".own-results");
    if (this.mine) {
      const line = build("p", "own-result", build("strong", "", localized(this.mine.grade, this.exam.hasNumbers)));
      const place = this.placeOf(this.mine);
      if (place) line.append(" ", build("span", "", place));
      this.noteCorrection(line, this.mine);
      box.replaceChildren(line, ...this.commentOn(this.mine));
    } else if (words) box.replaceChildren(build("p", "own-result", words));
  }

  commentOn({ comment }) {
    if (!comment) return [];
    const text = build("p", "own-comment", comment);
    text.dir = "auto";
    return [build("p", "own-comment-label", "Your teacher’s comment:"), text];
  }

  keepInAddress() {
    if (this.isOwnOnly) return; // such a code stays out of addresses, which others see
    const url = new URL(location.href);
    if (this.part(".keep").checked && this.asked) url.searchParams.set(ADDRESS, this.asked);
    else url.searchParams.delete(ADDRESS);
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  }

  // The exam, its results by id, and its numbers are the stream's; without an exam there is nothing to find.
  // `spreadS` is the time over which all pages spread what they ask for.
  update(exam, rows, numbers, spreadS) {
    const isChanged = numbers !== this.numbers;
    Object.assign(this, { exam, rows, numbers });
    if (this.isOwnOnly) {
      if (isChanged && this.mine) this.askAgain(spreadS);
      return this.drawMine();
    }
    const before = this.id === null ? null : this.grade;
    const wasAwaited = this.isComplete && this.asked !== "" && this.found?.length === 0;
    this.search();
    const isNew = wasAwaited && this.found.length > 0;
    const isOther = before !== null && this.id !== null && before !== this.grade;
    if (isNew || isOther) this.news();
  }

  search() {
    const hasCodes = this.exam?.audience === "CODES";
    const wanted = hasCodes ? codePattern(this.asked) : nameKey(this.asked);
    const pattern = hasCodes && wanted ? new RegExp(`^${wanted}$`) : null;
    const isWanted = (row) => (hasCodes ? pattern.test(row.student) : (row.key ??= nameKey(row.student)) === wanted);
    this.found = wanted && this.exam ? [...this.rows.values()].filter(isWanted) : [];
    const mine = this.found.length === 1 ? this.found[0] : this.found.find((row) => row.id === this.chosen);
    const id = mine?.id ?? null;
    this.grade = mine?.grade;
    if (id !== this.id) {
      this.id = id;
      this.onChoice();
    }
    this.draw();
  }

  draw() {
    const { exam, found } = this;
    const label = exam ? (exam.audience === "CODES" ? "My code" : "My name") : "My name or code";
    setText(this.part(".own-label"), label);
    const box = this.part(".own-results");
    const isWaiting = this.asked !== "" && this.isComplete && found.length === 0;
    const mine = this.rows?.get(this.id);
    if (mine) box.replaceChildren(this.sentence(mine));
    else if (found.length > 1) box.replaceChildren(this.choice(found));
    else if (isWaiting && exam) {
      const asked = build("bdi", "", this.asked);
      const isToCome = (exam.releaseAt ?? null) !== null;
      const words = isToCome ? ["The result for “", asked, "” appears here when the results come out."] : ["No result for “", asked, "” yet. It appears here as soon as it is entered. Check the spelling, or ask your teacher."];
      box.replaceChildren(build("p", "own-result", ...words));
    } else box.replaceChildren();
    this.part(".show-own").hidden = !mine;
    const canNotify = isWaiting && !this.wantsNotice && window.isSecureContext && "Notification" in window && Notification.permission !== "denied";
    this.part(".notify").hidden = !canNotify;
    this.part(".own-tools").hidden = !this.asked || (!this.isComplete && !mine);
  }

  sentence(row) {
    const line = build("p", "own-result", this.name(row));
    const place = this.placeOf(row);
    if (place) line.append(" ", build("span", "", place));
    this.noteCorrection(line, row);
    return line;
  }

  noteCorrection(line, row) {
    if (row.isCorrected) line.append(" ", build("span", "", "✎ This grade was corrected after it had been published."));
  }

  name(row) {
    const name = build("strong", "", `${row.student}: ${localized(row.grade, this.exam.hasNumbers)}`);
    name.dir = "auto";
    return name;
  }

  placeOf(row) {
    if (row.score === null || !this.numbers) return "";
    const places = this.numbers.places.filter(([least]) => least <= row.score);
    return places.length ? `${places.at(-1)[1]} ${this.exam.placeWords}` : "";
  }

  choice(found) {
    const kind = this.exam.audience === "CODES" ? `${found.length} codes look like this` : `${found.length} students have this name`;
    const buttons = found.slice(0, OWN_SHOWN_MAX).map((row) => {
      const button = build("button", "", `${row.student}: ${localized(row.grade, this.exam.hasNumbers)}`);
      button.type = "button";
      button.dir = "auto";
      button.dataset.choose = row.id;
      return button;
    });
    return build("div", "own-result", build("p", "", `${kind}. Which one are you?`), ...buttons);
  }

  // News: my result came, or changed, without my doing.

  news() {
    this.onNews();
    if (this.wantsNotice && document.visibilityState !== "visible") this.notice(`${this.exam.subject}: new result`);
  }

  async allowNotices() {
    this.wantsNotice = (await Notification.requestPermission()) === "granted" && this.notice("You will be notified here. Keep this page open.");
    setText(this.part(".notify-text"), this.wantsNotice ? "You will be notified. Keep this page open." : "This browser does not allow it. The title of this tab will say so.");
    this.draw();
  }

  // Whether it was shown: phones only let a service worker do it.
  notice(text) {
    try {
      const notice = new Notification(text);
      notice.onclick = () => window.focus();
      return true;
    } catch {
      return false;
    }
  }

  clear() {
    this.exam = null;
    this.rows = null;
    this.mine = this.askedFor = null;
    this.chosen = null;
    clearTimeout(this.asking);
    this.asking = null;
    this.search();
  }
}
