// What the page says, in Russian and English. What the cashier reads comes from the agent itself.

const WORDS = {
  ru: {
    tabs: "Разделы", lane: "Касса", camera: "Камера", till: "Касса", doctor: "Проверка",
    picture: "То, что видит камера; лица размыты",
    waiting: "Ждём картинку…", no_picture: "Нет картинки с камеры",
    unblurred: "Лица показаны без размытия: агент запущен с --web-unblurred.",
    lost: "Агент не отвечает. Страница вернётся, как только он ответит.",
    strange: "Агент запущен заново: откройте новую ссылку из его журнала.",
    zone_edit: "Изменить зону покупателя", zone_save: "Сохранить зону", zone_remove: "Убрать угол", cancel: "Отмена",
    zone_hint: "Проведите по картинке, чтобы нарисовать новую зону. Тяните углы; потяните маленькую точку, чтобы добавить угол.",
    zone_saved: "Сохранено в {file}. Действует с этой минуты; открытая продажа закончится со старой зоной.",
    zone_restart: "Сохранено в {file}. Начнёт действовать после перезапуска агента.",
    zone_overruled: "Сохранено в {file}, но действует зона из флага --zone или переменной EDGE_ZONE.",
    zone_not_saved: "Не сохранено: {problem}. Впишите в файл настроек строку:",
    refused: "Не получилось: {problem}",
    age: "Возраст покупателя", years: { one: "год", few: "года", many: "лет" }, range: "от {low} до {high} с вероятностью 90 %",
    threshold: "Моложе {age}: спросить документ",
    faces: "Лица", nobody: "Никого не видно", customer: "Покупатель", in_zone: "В зоне", outside: "Вне зоны",
    good: "видно хорошо", looking: "смотрим…",
    empty: "В зоне никого нет.", idle: "Возраст оценивается, пока открыта продажа: откройте её на вкладке «Касса».",
    privacy: "Лица размыты до отправки на страницу. Картинки нигде не хранятся.",
    shelf: "Пробить товар", basket: "Чек", nothing: "Пробейте товар, например пиво.", go_on: "Продажа идёт.",
    checked: "Документ проверен: можно продавать.", total: "Итого {sum} ₽",
    id_ok: "Документ в порядке", id_failed: "Моложе 18", id_not_shown: "Нет документа",
    pay: "Оплачено", void: "Отменить", answered: "Ответ через {seconds} с.",
    demonstration: "Это демонстрация: ничего не записывается, настоящая касса о ней не знает, и её продажа всегда важнее.",
    doctor_about: "Проверяет камеру, свет, резкость, модель, ключи, часы, диск и настройки. Пусть кто-нибудь встанет там, где стоят покупатели.",
    examine: "Проверить", examining: "Проверяем, это займёт до минуты…",
    ok: "В порядке", warning: "Внимание", problem: "Неисправность", mend: "Что сделать",
    all_well: "Всё в порядке.", not_well: "Неисправностей: {problems}, замечаний: {warnings}.",
  },
  en: {
    tabs: "Sections", lane: "Lane", camera: "Camera", till: "Till", doctor: "Check",
    picture: "What the camera sees; faces are blurred",
    waiting: "Waiting for a picture…", no_picture: "No picture from the camera",
    unblurred: "Faces are shown as they are: the agent was started with --web-unblurred.",
    lost: "The agent does not answer. The page will be back as soon as it does.",
    strange: "The agent was started anew: open the new link from its log.",
    zone_edit: "Change the customer zone", zone_save: "Save zone", zone_remove: "Remove corner", cancel: "Cancel",
    zone_hint: "Drag across the picture to draw a new zone. Drag its corners; drag a small dot to add a corner.",
    zone_saved: "Saved in {file}. It counts from now on; a sale that is open ends with the old one.",
    zone_restart: "Saved in {file}. It counts from the agent's next start on.",
    zone_overruled: "Saved in {file}, but the flag --zone or the variable EDGE_ZONE wins over it.",
    zone_not_saved: "Not saved: {problem}. Put this line into the config file:",
    refused: "That did not work: {problem}",
    age: "The customer's age", years: { one: "year", other: "years" }, range: "{low} to {high}, nine times in ten",
    threshold: "Younger than {age}: ask for ID",
    faces: "Faces", nobody: "Nobody in view", customer: "Customer", in_zone: "In the zone", outside: "Outside the zone",
    good: "clearly seen", looking: "looking…",
    empty: "Nobody is in the zone.", idle: "Ages are estimated while a sale is open: open one on the tab “Till”.",
    privacy: "Faces are blurred before they reach this page. No picture is kept anywhere.",
    shelf: "Scan something", basket: "Basket", nothing: "Scan something: beer, say.", go_on: "The sale goes on.",
    checked: "ID checked: it may be sold.", total: "Total {sum} ₽",
    id_ok: "ID ok", id_failed: "Under 18", id_not_shown: "No ID shown",
    pay: "Paid", void: "Cancel sale", answered: "Answered after {seconds} s.",
    demonstration: "This is a demonstration: nothing is recorded, no real till hears of it, and a real till's sale goes first.",
    doctor_about: "Checks camera, light, focus, model, keys, clock, disk and settings. Somebody should stand where the customers do.",
    examine: "Check now", examining: "Checking; this may take a minute…",
    ok: "Ok", warning: "Warning", problem: "Problem", mend: "What to do",
    all_well: "All is well.", not_well: "Problems: {problems}, warnings: {warnings}.",
  },
};

let language = localStorage.getItem("language") ?? (navigator.language.startsWith("ru") ? "ru" : "en");

export const other = () => (language === "ru" ? "en" : "ru");

/** The page's own words. values: what stands in braces. */
export function say(word, values = {}) {
  return WORDS[language][word].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** An age with its noun, as the language counts: 21 год, 23 года, 25 лет. */
export const years = (number) => `${number} ${WORDS[language].years[new Intl.PluralRules(language).select(number)]}`;

/** What the agent says in both languages. */
export const chosen = (text) => text[language];

export const amount = (number, digits) =>
  number.toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });

export function speak(next) {
  language = next;
  localStorage.setItem("language", next);
  label();
}

/** Put words on everything that stands in the page from the start. */
export function label() {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = say(element.dataset.word);
  for (const element of document.querySelectorAll("[data-label]")) element.ariaLabel = say(element.dataset.label);
  for (const element of document.querySelectorAll("[data-alt]")) element.alt = say(element.dataset.alt);
}
