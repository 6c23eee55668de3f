// HTTP requests to the agent.

/** The agent holds a poll for 8 s at most. No answer after this long: it does not run, or the network is down. */
const WITHIN_MS = 12_000;
/** The agent ends a run of the doctor after 5 minutes. */
const CHANGE_WITHIN_MS = 330_000;

/** The agent rejects this browser's cookie. */
export class Unauthorized extends Error {}

/** The agent could not do what was requested; `answer` is its JSON. */
export class RequestFailed extends Error {
  constructor(answer) {
    super(answer.problem.en);
    this.answer = answer;
  }
}

/** No answer came: the agent has ended, or the network is down. */
export class Unreachable extends Error {}

/** The answer is not one of the agent's; `status` is its number in HTTP. */
export class Unexpected extends Error {
  constructor(status) {
    super(`HTTP ${status}`);
    this.status = status;
  }
}

/** An answer that is dropped, because the page shows something else by now. */
export class Late extends Error {}

/** The time in which the page shows the same thing of the same lane. Requests belong to one; late answers are dropped. */
export class Moment {
  #controller = new AbortController();

  constructor(lane) {
    this.lane = lane;
  }

  get isOver() {
    return this.#controller.signal.aborted;
  }

  /** Drop the answers that are still to come. */
  end() {
    this.#controller.abort();
  }

  /** Raise Late when the moment is over: after each wait. */
  check() {
    if (this.isOver) throw new Late();
  }

  /** Wait, but not longer than the moment lasts. */
  pause(milliseconds) {
    const ended = new Promise((resolve) => this.#controller.signal.addEventListener("abort", resolve, { once: true }));
    return Promise.race([pause(milliseconds), ended]);
  }

  /** The JSON of a path of the lane. Ends with the moment. */
  async get(path) {
    this.check();
    try {
      return await request(this.#address(path), {}, this.#controller.signal);
    } finally {
      this.check();
    }
  }

  /** Change something. It is sent whole, and the answer is true, even if the moment ends: `check` before showing it. */
  send(method, path, content) {
    return send(method, this.#address(path), content);
  }

  #address(path) {
    return `lanes/${encodeURIComponent(this.lane.name)}/${path}`;
  }
}

export const get = (path) => request(path, {});

export const send = (method, path, content) => request(path, changing(method, content), null, CHANGE_WITHIN_MS);

const changing = (method, content) => ({
  method,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(content),
});

/** Do `next`, a request and what follows from it, again and again while `isActive()`; `report` gets the error or null. */
export async function poll(isActive, next, report) {
  for (;;) {
    if (!isActive() || document.hidden) {
      await pause(200);
      continue;
    }
    let problem = null;
    try {
      await next();
    } catch (error) {
      if (error instanceof Late) continue;
      problem = error;
    }
    await report(problem);
  }
}

async function request(path, options, signal, withinMs = WITHIN_MS) {
  return answered(path, options, signal, withinMs, async (response) => answerOf(response, await response.text()));
}

/**
 * Change something, and pass each line of the answer, which is JSON, to `handle` as it comes. The last one has an `end`.
 */
export function follow(path, content, handle) {
  return answered(path, changing("POST", content), null, CHANGE_WITHIN_MS, async (response) => {
    if (!response.ok) answerOf(response, await response.text());
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let [rest, last] = ["", null];
    for (let part; !(part = await reader.read()).done; ) {
      const lines = (rest + part.value).split("\n");
      rest = lines.pop();
      for (const line of lines) handle((last = JSON.parse(line)));
    }
    if (!last?.end) throw new Unreachable();
  });
}

/** What `read` makes of the response. Raises one of the errors above. */
async function answered(path, options, signal, withinMs, read) {
  const ending = new AbortController();
  const end = () => ending.abort();
  const timer = setTimeout(end, withinMs);
  signal?.addEventListener("abort", end);
  try {
    const response = await fetch(path, { ...options, signal: ending.signal });
    if (response.status === 401) throw new Unauthorized();
    return await read(response);
  } catch (error) {
    // fetch raises a TypeError with words of the browser, in its language.
    throw error instanceof TypeError || error.name === "AbortError" ? new Unreachable() : error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", end);
  }
}

function answerOf(response, text) {
  let content;
  try {
    content = JSON.parse(text);
  } catch {
    throw new Unexpected(response.status);
  }
  if (!response.ok) throw new RequestFailed(content);
  return content;
}

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
