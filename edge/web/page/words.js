// The page's own texts in Russian and English. The cashier's prompts come from the agent.

const TEXTS = {
  ru: {
    tabs: "Разделы", lane: "Касса", camera: "Камера", till: "Касса", doctor: "Проверка",
    picture: "Картинка с камеры, лица размыты",
    waiting: "Ждём картинку…", no_picture: "Нет картинки с камеры",
    unblurred: "Лица показаны без размытия: агент запущен с --web-unblurred.",
    unreachable: "Агент не отвечает.", unreachable_since: "Агент не отвечает с {time}.",
    continues: "Страница сама продолжит работу, когда он ответит.", unexpected: "Непонятный ответ: HTTP {status}.",
    last_picture: "Это картинка от {time}.", was: "Так было в {time}, пока агент отвечал.",
    zone_edit: "Изменить зону покупателя", zone_save: "Сохранить зону", zone_remove: "Удалить угол", cancel: "Отмена",
    zone_hint: "Проведите по картинке, чтобы нарисовать новую зону. Углы можно двигать. Чтобы добавить угол, потяните за маленькую точку.",
    zone_keys: "С клавиатуры: Tab выбирает угол, стрелки двигают его (с Shift — дальше), Delete удаляет, Enter на маленькой точке добавляет, Esc отменяет.",
    zone: "Зона покупателя", corner: "Угол {number} из {count}: {left} % слева, {top} % сверху", corner_add: "Добавить угол после угла {number}",
    zone_now: "Зона сохранена в {file} и уже действует. Открытая продажа закончится со старой зоной.",
    zone_restart: "Зона сохранена в {file}. Начнёт действовать после перезапуска агента.",
    zone_overridden: "Зона сохранена в {file}, но действует зона из флага --zone или переменной EDGE_ZONE.",
    zone_not_saved: "Зона не сохранена: {problem}. Добавьте в файл настроек строку:",
    picture_edit: "Повернуть или растянуть картинку", picture_shape: "Форма картинки", picture_declared: "как передаёт камера",
    picture_turn: "Повернуть ↻", picture_mirror: "Отразить", picture_save: "Сохранить картинку",
    picture_hint: "Лица должны выглядеть как в жизни, не худыми и не широкими: иначе они кажутся старше. Если лица узкие или широкие, попробуйте 4:3 или 16:9.",
    picture_now: "Сохранено в {file} и уже действует. Проверьте зону покупателя.",
    picture_restart: "Сохранено в {file}. Начнёт действовать после перезапуска агента.",
    picture_overridden: "Сохранено в {file}, но действуют флаги --picture.* или переменные EDGE_PICTURE__*.",
    picture_not_saved: "Не сохранено: {problem}. Добавьте в файл настроек:",
    failed: "Не получилось: {problem}",
    age: "Возраст покупателя", years: { one: "год", few: "года", many: "лет" }, range: "от {low} до {high} с вероятностью 90 %",
    threshold: "Моложе {age}: проверить документы", no_threshold: "Документы проверяют у всех",
    faces: "Лица", nobody: "Никого не видно", customer: "Покупатель", in_zone: "В зоне", outside: "Вне зоны",
    good: "видно хорошо", no_age: "возраст ещё не оценён",
    empty: "В зоне никого нет.", idle: "Возраст оценивается, пока открыта продажа. Откройте её на вкладке «Касса».",
    privacy: "Лица размываются до отправки на страницу. Картинки нигде не сохраняются.",
    shelf: "Товары", basket: "Чек", no_sale: "Пробейте товар, например пиво.", sale_open: "Продажа открыта.",
    checked: "Документы проверены: можно продавать.", total: "Итого {sum} ₽",
    id_ok: "Документы в порядке", id_failed: "Слишком молод", id_not_shown: "Нет документов",
    pay: "Оплачено", void: "Отменить продажу", answered: "Ответ через {seconds} с.",
    demonstration: "Это пробная касса: она ничего не записывает и не мешает настоящей. Продажа на настоящей кассе сразу закрывает пробную.",
    doctor_about: "Проверяет камеру, свет, резкость, модель, ключи, часы, диск и настройки. В это время кто-нибудь должен стоять на месте покупателя и смотреть в камеру.",
    examine: "Проверить", examining: "Идёт проверка, обычно до минуты…", progress: "Ход проверки", checked_of: "Проверено: {done} из {checks}",
    ok: "В порядке", warning: "Предупреждение", problem: "Неисправность", fix: "Что сделать",
    all_ok: "Всё в порядке.", counts: "Неисправностей: {problems}, предупреждений: {warnings}.",
  },
  en: {
    tabs: "Sections", lane: "Lane", camera: "Camera", till: "Till", doctor: "Check",
    picture: "The camera's picture, faces blurred",
    waiting: "Waiting for a picture…", no_picture: "No picture from the camera",
    unblurred: "Faces are not blurred: the agent was started with --web-unblurred.",
    unreachable: "The agent does not answer.", unreachable_since: "The agent has not answered since {time}.",
    continues: "The page continues by itself when it does.", unexpected: "Not an answer of the agent: HTTP {status}.",
    last_picture: "This is the picture of {time}.", was: "This was so at {time}, when the agent last answered.",
    zone_edit: "Change the customer zone", zone_save: "Save zone", zone_remove: "Remove corner", cancel: "Cancel",
    zone_hint: "Drag across the picture to draw a new zone. Drag a corner to move it. Drag a small dot to add a corner.",
    zone_keys: "With keys: Tab selects a corner, arrows move it (with Shift further), Delete removes it, Enter on a small dot adds one, Esc cancels.",
    zone: "Customer zone", corner: "Corner {number} of {count}: {left} % from the left, {top} % from the top", corner_add: "Add a corner after corner {number}",
    zone_now: "Zone saved in {file} and already in use. A sale that is open ends with the old zone.",
    zone_restart: "Zone saved in {file}. It takes effect when the agent is restarted.",
    zone_overridden: "Zone saved in {file}, but the flag --zone or the variable EDGE_ZONE overrides it.",
    zone_not_saved: "Zone not saved: {problem}. Add this line to the config file:",
    picture_edit: "Turn or stretch the picture", picture_shape: "Shape of the picture", picture_declared: "as the camera sends it",
    picture_turn: "Turn ↻", picture_mirror: "Mirror", picture_save: "Save picture",
    picture_hint: "Faces must look as they do in life, neither thin nor broad: otherwise they look older. If they are thin or broad, try 4:3 or 16:9.",
    picture_now: "Saved in {file} and already in use. Check the customer zone.",
    picture_restart: "Saved in {file}. It takes effect when the agent is restarted.",
    picture_overridden: "Saved in {file}, but flags --picture.* or variables EDGE_PICTURE__* override it.",
    picture_not_saved: "Not saved: {problem}. Add this to the config file:",
    failed: "That did not work: {problem}",
    age: "Customer's age", years: { one: "year", other: "years" }, range: "{low} to {high} with 90% probability",
    threshold: "Below {age}: ask for ID", no_threshold: "Everybody is asked for ID",
    faces: "Faces", nobody: "Nobody in view", customer: "Customer", in_zone: "In the zone", outside: "Outside the zone",
    good: "clearly seen", no_age: "age not estimated yet",
    empty: "Nobody is in the zone.", idle: "Ages are estimated while a sale is open. Open one on the “Till” tab.",
    privacy: "Faces are blurred before they reach this page. No picture is stored.",
    shelf: "Items", basket: "Basket", no_sale: "Scan an item, for example beer.", sale_open: "Sale open.",
    checked: "ID checked: you may sell.", total: "Total {sum} ₽",
    id_ok: "ID ok", id_failed: "Too young", id_not_shown: "No ID shown",
    pay: "Paid", void: "Cancel sale", answered: "Answered after {seconds} s.",
    demonstration: "This is a demonstration till: it records nothing and does not affect real tills. A sale at a real till ends the one here at once.",
    doctor_about: "Checks camera, light, focus, model, keys, clock, disk and settings. Meanwhile someone should stand where customers do and look at the camera.",
    examine: "Check now", examining: "Checking; this can take a minute…", progress: "Progress of the check", checked_of: "Checked: {done} of {checks}",
    ok: "Ok", warning: "Warning", problem: "Problem", fix: "What to do",
    all_ok: "Everything is ok.", counts: "Problems: {problems}, warnings: {warnings}.",
  },
};

let language = localStorage.getItem("language") ?? (navigator.language.startsWith("ru") ? "ru" : "en");

export const otherLanguage = () => (language === "ru" ? "en" : "ru");

/** A text of the page in the current language. values: replace the names in braces. */
export function translate(key, values = {}) {
  return TEXTS[language][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** A number of years with the right plural: 21 год, 23 года, 25 лет. */
export const years = (number) => `${number} ${TEXTS[language].years[new Intl.PluralRules(language).select(number)]}`;

/** A text that the agent sent in both languages, in the current one. */
export const inLanguage = (texts) => texts[language];

export const formatted = (number, digits) =>
  number.toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** A time of day. */
export const timeOf = (date) => date.toLocaleTimeString(language === "ru" ? "ru-RU" : "en-GB");

export function setLanguage(chosen) {
  language = chosen;
  localStorage.setItem("language", chosen);
  labelPage();
}

/** Put the texts into all elements of index.html that name one. */
export function labelPage() {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = translate(element.dataset.word);
  for (const element of document.querySelectorAll("[data-label]")) element.ariaLabel = translate(element.dataset.label);
  for (const element of document.querySelectorAll("[data-alt]")) element.alt = translate(element.dataset.alt);
}
