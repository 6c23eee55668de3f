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

export const get = (path) => request(path, {});

export const send = (method, path, content) =>
  request(path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) });

/**
 * Repeat a request while `isActive()`, and pass each answer to `handle`. After each try `report` gets the error or null.
 * Ends when the agent no longer accepts this browser.
 */
export async function poll(isActive, load, handle, report) {
  for (;;) {
    if (!isActive() || document.hidden) {
      await pause(200);
      continue;
    }
    try {
      await handle(await load());
      report(null);
    } catch (error) {
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
