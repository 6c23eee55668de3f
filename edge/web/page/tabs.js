// The tabs, with mouse and keys as the ARIA Authoring Practices describe them: arrows change the tab, Tab leaves the row.

let tabs = [...document.querySelectorAll("[role=tab]")];
const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

let onOpen = () => {};

/** The id of the section that is shown. */
export const section = () => sectionOf(tabs.find((tab) => tab.ariaSelected === "true"));

/** What the shown tab is called. */
export const title = () => tabs.find((tab) => tab.ariaSelected === "true").textContent;

/** Show a section: the first one when there is none with this id. */
export function open(id) {
  const selected = tabs.find((tab) => sectionOf(tab) === id) ?? tabs[0];
  for (const tab of tabs) {
    tab.ariaSelected = String(tab === selected);
    tab.tabIndex = tab === selected ? 0 : -1;
    document.getElementById(sectionOf(tab)).hidden = tab !== selected;
  }
  onOpen();
}

/** Leave out a tab that this reader may not use. */
export function drop(id) {
  tabs = tabs.filter((tab) => sectionOf(tab) !== id);
}

/** opened: called after each change of the tab. */
export function start(opened) {
  onOpen = opened;
  for (const tab of tabs) {
    tab.onclick = () => open(sectionOf(tab));
    tab.onkeydown = pressKey;
  }
}

function pressKey(event) {
  const edge = { Home: 0, End: tabs.length - 1 }[event.key];
  const next = edge ?? (tabs.indexOf(event.currentTarget) + (STEPS[event.key] ?? NaN) + tabs.length) % tabs.length;
  if (Number.isNaN(next)) return;
  event.preventDefault();
  tabs[next].focus();
  open(sectionOf(tabs[next]));
}

const sectionOf = (tab) => tab.getAttribute("aria-controls");
