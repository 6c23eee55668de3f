// Asking the agent.

/** The agent does not know this browser any more: it was started anew. */
export class Stranger extends Error {}

/** The agent says why it will not; `answer` is all it said. */
export class Refused extends Error {
  constructor(answer) {
    super(answer.problem);
    this.answer = answer;
  }
}

export const get = (path) => ask(path, {});

export const send = (method, path, content) =>
  ask(path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) });

/** Ask again and again while `wanted` says so; each answer goes to `take`. Failures go to `fail`, and are survived. */
export async function follow(wanted, question, take, fail) {
  for (;;) {
    if (!wanted() || document.hidden) {
      await pause(200);
      continue;
    }
    try {
      await take(await question());
      fail(null);
    } catch (problem) {
      fail(problem);
      if (problem instanceof Stranger) return;
      await pause(1000);
    }
  }
}

async function ask(path, options) {
  const answer = await fetch(path, options);
  if (answer.status === 401) throw new Stranger();
  const content = await answer.json();
  if (!answer.ok) throw new Refused(content);
  return content;
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
