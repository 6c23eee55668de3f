// Making and changing elements of the page, without disturbing the focus or a screen reader.

const SVG = "http://www.w3.org/2000/svg";

export function element(name, text = "", className = "") {
  const created = document.createElement(name);
  created.textContent = text;
  if (className) created.className = className;
  return created;
}

/** An element of a drawing. */
export function shape(name, attributes) {
  const created = document.createElementNS(SVG, name);
  setAttributes(created, attributes);
  return created;
}

export function setAttributes(changed, attributes) {
  for (const [name, value] of Object.entries(attributes)) changed.setAttribute(name, value);
}

/** Set a text only if it changes: a screen reader reads some out at each change. */
export function setText(changed, text) {
  if (changed.textContent !== text) changed.textContent = text;
}

/** Replace what is in a container only if it changes: a button that is replaced loses the focus. */
export function refill(container, elements) {
  if (container.innerHTML !== elements.map((each) => each.outerHTML).join("")) container.replaceChildren(...elements);
}
