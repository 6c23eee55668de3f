// Who changes the settings: a name that is typed once, kept by this browser, and recorded with each change.

const field = document.getElementById("author-name");

export const author = () => field.value.trim();

field.value = localStorage.getItem("author") ?? "";
field.onchange = () => localStorage.setItem("author", author());
