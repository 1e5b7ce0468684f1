// What a journey asks the page, by what a person would see or hear: words, roles, labels.
const said = (text) => (text ?? "").replace(/\s+/g, " ").trim();
const named = (element) => said(element.getAttribute("aria-label") ?? element.textContent);
/** What is written on it: without what is only read out. */
function written(element) {
  const copy = element.cloneNode(true);
  for (const each of copy.querySelectorAll(".visually-hidden")) each.remove();
  return said(copy.textContent);
}
const seen = (element) => element.checkVisibility() && getComputedStyle(element).visibility === "visible";
/** A dialog that is open hides what lies under it. */
const ground = () => [...document.querySelectorAll("[role=dialog]")].filter(seen).at(-1) ?? document;
const all = (selector, within = ground()) => [...within.querySelectorAll(selector)].filter(seen);
const row = (name) => all("tbody tr").find((each) => said(each.querySelector(".name")?.textContent) === name);
/** The one that is meant; where several would do, nobody can tell which, and that is an error. */
function only(found, what) {
  if (found.length > 1) throw new Error(`${found.length} times on the page: ${what}`);
  return found[0] ?? null;
}

const page = {
  /** A button that can be pressed, by what is written on it; those of the board are asked for with their line. */
  button(words) {
    const buttons = all("button:not(:disabled), summary").filter((each) => !each.closest("tr")?.querySelector(".name"));
    const exact = buttons.filter((each) => written(each) === words || each.title === words);
    // An arrow before the words is a picture.
    return only(exact.length > 0 ? exact : buttons.filter((each) => written(each) === `← ${words}`), words);
  },
  /** The button in the line of an instance. */
  rowButton(name, words) {
    const line = row(name);
    return line ? (all("button:not(:disabled)", line).find((each) => written(each) === words) ?? null) : null;
  },
  /** What opens the evidence of an instance. */
  rowName: (name) => row(name)?.querySelector(".name") ?? null,
  /** A field or list by its label; what follows the label in the same line is a remark. */
  field(words) {
    const labels = all("label[for]").filter((each) => named(each) === words || named(each).startsWith(`${words} · `));
    const label = only(labels, words);
    return label && document.getElementById(label.htmlFor);
  },
  /** A choice among several, by words of its line. */
  choice(words, more) {
    const lines = all("label").filter((each) => each.querySelector("input[type=radio], input[type=checkbox]"));
    const line = only(lines.filter((each) => named(each).includes(words) && named(each).includes(more)), words);
    return line && line.querySelector("input");
  },
  /** The value of an entry of a list, by its words. */
  entry: (list, words) => [...list.options].find((each) => said(each.textContent) === words)?.value ?? null,
  /** Puts a text into a field at once, as pasting it does. */
  put(field, text) {
    const own = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value");
    own.set.call(field, text);
    field.dispatchEvent(new Event(field.tagName === "SELECT" ? "change" : "input", { bubbles: true }));
  },
  /** The sentence under a field, where it is marked as wrong. */
  problem(field) {
    if (field.getAttribute("aria-invalid") !== "true") return null;
    return said(document.getElementById(field.getAttribute("aria-describedby"))?.textContent);
  },
  /** The board as it is now. */
  board: () =>
    all("tbody tr", document)
      .filter((each) => each.querySelector(".name"))
      .map((each) => ({
        name: said(each.querySelector(".name").textContent),
        state: each.querySelector("[data-state]").dataset.state,
        words: said(each.querySelector(".words").textContent),
        reason: said(each.querySelector(".words ~ [lang], .words ~ .below:not(.slim):not(.more)")?.textContent),
        busy: each.querySelector(".busy") !== null,
      })),
  /** Whether the button with these words is there and cannot be pressed. */
  shut: (words) => all("button:disabled").some((each) => named(each) === words),
  /** Whether what has the focus is chosen. */
  chosen: () => document.activeElement?.checked === true,
  /** Everything that is shown, as text. */
  text: () => said(ground().body?.innerText ?? ground().innerText),
  /** The words of whatever has the focus. */
  focus() {
    const at = document.activeElement;
    if (!at || at === document.body) return "";
    const label = at.id ? document.querySelector(`label[for="${CSS.escape(at.id)}"]`) : at.closest("label");
    return (label && /^(INPUT|SELECT)$/.test(at.tagName) ? named(label) : named(at)).replace(/^← /, "");
  },
};
