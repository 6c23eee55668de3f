// HTTP requests to the agent.

/** The agent rejects this browser's cookie: it has been restarted. */
export class Unauthorized extends Error {}

/** The agent could not do what was requested; `answer` is its JSON. */
export class RequestFailed extends Error {
  constructor(answer) {
    super(answer.problem);
    this.answer = answer;
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

  /** The JSON of a path of the lane. Ends with the moment. */
  async get(path) {
    try {
      return await request(this.#address(path), { signal: this.#controller.signal });
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

export const send = (method, path, content) =>
  request(path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) });

/**
 * Do `next`, a request and what follows from it, again and again while `isActive()`; `report` gets the error or null.
 * Ends when the agent no longer accepts this browser.
 */
export async function poll(isActive, next, report) {
  for (;;) {
    if (!isActive() || document.hidden) {
      await pause(200);
      continue;
    }
    try {
      await next();
      report(null);
    } catch (error) {
      if (error instanceof Late) continue;
      report(error);
      if (error instanceof Unauthorized) return;
      await pause(1000);
    }
  }
}

async function request(path, options) {
  const response = await fetch(path, options);
  if (response.status === 401) throw new Unauthorized();
  const content = await response.json();
  if (!response.ok) throw new RequestFailed(content);
  return content;
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
