// A small chart for each of several exams. Their numbers are the server's, asked for again now and then; those of
// the exam whose board is on the page come from the board, so that the page never shows two different ones.

const AGAIN_MS = 30000;
const SOON_MS = 2000; // while the server is still loading an exam
const COLUMNS = ["Results", "Mean", "Median", "Quartiles", "Passed"];
const comparisons = new WeakMap();

export default function (component) {
  const { parentElement, data } = component;
  let comparison = comparisons.get(parentElement);
  if (!comparison) {
    comparison = new Comparison(parentElement.querySelector(".comparison"));
    comparisons.set(parentElement, comparison);
  }
  comparison.configure(data.exams);
  return () => {
    comparison.close();
    comparisons.delete(parentElement);
  };
}

class Comparison {
  constructor(root) {
    this.root = root;
    this.labels = new Map(); // by exam's id
    this.numbers = new Map(); // {exam, numbers} by exam's id
    const stop = new AbortController();
    const listen = (kind, act) => document.addEventListener(kind, act, { signal: stop.signal });
    listen("exam-numbers", ({ detail }) => this.take(detail.exam.id, detail));
    listen("exams-withdrawn", ({ detail }) => detail.forEach((id) => this.withdraw(id)));
    listen("visibilitychange", () => this.askAll());
    this.ticker = setInterval(() => this.askAll(), AGAIN_MS);
    this.close = () => {
      stop.abort();
      clearInterval(this.ticker);
      this.labels.clear();
    };
  }

  configure(exams) {
    this.labels = new Map(exams);
    for (const id of this.numbers.keys()) if (!this.labels.has(id)) this.numbers.delete(id);
    this.draw();
    this.askAll();
  }

  askAll() {
    if (document.visibilityState === "visible") for (const id of this.labels.keys()) this.ask(id);
  }

  async ask(id) {
    try {
      const answer = await fetch(new URL(`live/${id}/numbers.json`, document.baseURI), { cache: "no-cache" });
      if (answer.ok) this.take(id, await answer.json());
      else if (answer.status === 404) this.withdraw(id);
      else setTimeout(() => this.labels.has(id) && this.ask(id), SOON_MS);
    } catch {
      // The next time will tell.
    }
  }

  take(id, numbers) {
    if (!this.labels.has(id)) return;
    this.numbers.set(id, numbers);
    this.draw();
  }

  withdraw(id) {
    if (this.labels.delete(id)) this.draw();
    this.numbers.delete(id);
  }

  draw() {
    const shown = [...this.labels].map(([id, label]) => ({ label, ...this.numbers.get(id) }));
    const most = Math.max(0, ...shown.flatMap(({ numbers }) => (numbers ? densitiesOf(numbers) : [])));
    this.root.querySelector(".multiples").replaceChildren(...shown.map((one) => card(one, most)));
    this.root.querySelector("tbody").replaceChildren(...shown.map(({ label, exam, numbers }) => {
      const values = new Map(numbers ? [numbers.tiles[0], ...numbers.comparable] : []);
      const head = build("th", "", label);
      head.scope = "row";
      head.dir = "auto";
      return build("tr", "", head, ...COLUMNS.map((name) => build("td", "", localized(values.get(name) ?? "–", exam?.hasNumbers))));
    }));
  }
}

// As high as makes the bars of every exam equal in area, however many there are.
function densitiesOf({ bars }) {
  const all = bars.reduce((sum, [count]) => sum + count, 0);
  return bars.map(([count]) => (count / all) * bars.length);
}

function card({ label, exam, numbers }, most) {
  const head = build("p", "label", label);
  head.dir = "auto";
  if (!numbers) return build("li", "", head, "Loading …");
  const write = (text) => localized(text, exam.hasNumbers);
  const values = [numbers.tiles[0], ...numbers.comparable];
  const list = build("dl", "", ...values.map(([name, value]) => build("div", "", build("dt", "", name), build("dd", "", write(value)))));
  if (numbers.bars.length === 0) return build("li", "", head, build("p", "", numbers.rule), list);
  const bars = densitiesOf(numbers).map((density) => {
    const bar = build("div", "bar");
    bar.style.height = `${(100 * density) / most}%`;
    return bar;
  });
  const plot = build("div", "small", ...bars);
  plot.setAttribute("role", "img");
  plot.setAttribute("aria-label", write(numbers.words));
  const parts = [head, plot];
  if (numbers.box.length) {
    const places = numbers.box.map(([left]) => left);
    const [lower, median, upper] = places.length === 5 ? places.slice(1, 4) : places;
    const line = build("div", "median");
    line.style.left = `${median}%`;
    plot.append(line);
    const box = build("div");
    Object.assign(box.style, { left: `${lower}%`, width: `${upper - lower}%` });
    parts.push(build("div", "strip", box));
  }
  const { bars: axis, last } = exam.axis;
  parts.push(build("div", "ends", build("span", "", write(axis[0][1])), build("span", "", write(last || axis.at(-1)[0]))));
  return build("li", "", ...parts, list);
}
