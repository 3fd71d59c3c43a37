// Elements are changed only where they differ; numbers are written as the viewer's locale has them.

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function setAttribute(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

function build(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

// As many children as items; `make` adds one, `fill` writes an item into one.
function fillChildren(parent, items, make, fill) {
  while (parent.children.length > items.length) parent.lastChild.remove();
  items.forEach((item, index) => fill(parent.children[index] ?? parent.appendChild(make()), item));
}

// An hour in the viewer's zone, by its name at that time of the year: a clock may change before it comes.
const HOUR_FORMAT = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric", hour: "numeric", minute: "2-digit", timeZoneName: "long", hourCycle: new Intl.DateTimeFormat(undefined, { hour: "numeric" }).resolvedOptions().hourCycle });

function hourText(time) {
  const { timeZone } = HOUR_FORMAT.resolvedOptions();
  return `${HOUR_FORMAT.format(time)}${timeZone === "UTC" ? "" : ` (${timeZone})`}`;
}

// What the server wrote in its own zone.
function localizeHours(root) {
  for (const node of root.querySelectorAll("time.hour[datetime]")) setText(node, hourText(new Date(node.getAttribute("datetime"))));
}

// Such as "in 2 days 3 h", "in 2 h 05 min 09 s", "in 9 s".
function untilText(ms) {
  const seconds = Math.ceil(ms / 1000);
  if (seconds <= 0) return "any moment now";
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  const two = (number) => String(number).padStart(2, "0");
  if (days > 0) return `in ${days} ${days === 1 ? "day" : "days"} ${hours} h`;
  if (hours > 0) return `in ${hours} h ${two(minutes)} min ${two(seconds % 60)} s`;
  return minutes > 0 ? `in ${minutes} min ${two(seconds % 60)} s` : `in ${seconds} s`;
}

const NUMBER_FORMAT = new Intl.NumberFormat(undefined, { numberingSystem: "latn" });
const DECIMAL_SIGN = NUMBER_FORMAT.formatToParts(1.5).find((part) => part.type === "decimal").value;

// The server writes 1200 and 13.5. Where grades are levels, a label such as 1.3 is no number.
function localized(text, hasDecimals) {
  return text.replace(/\d+(\.\d+)?/g, (number) => {
    const [whole, fraction] = number.split(".");
    if (fraction !== undefined && !hasDecimals) return number;
    const grouped = whole.length > 3 ? NUMBER_FORMAT.format(BigInt(whole)) : whole;
    return fraction === undefined ? grouped : `${grouped}${DECIMAL_SIGN}${fraction}`;
  });
}
