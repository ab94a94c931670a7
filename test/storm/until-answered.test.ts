import { expect, it } from "vitest";
import type { Reply } from "./call.ts";
import { untilAnswered, type Asked } from "./until-answered.ts";

const reply = (status: number): Reply => ({ status, body: "", retryAfter: status === 503 ? 2 : null });

/** Asks a server that answers so, once each; `null` breaks the connection. Notes every pause. */
const ask = async (
  ...answers: readonly (number | null)[]
): Promise<Asked & { readonly pauses: readonly (readonly [number, number | null])[] }> => {
  const pauses: [number, number | null][] = [];
  const asked = await untilAnswered(
    (attempt) => {
      const status = answers[attempt - 1] ?? null;
      return status === null ? Promise.reject(new Error("reset")) : Promise.resolve(reply(status));
    },
    (attempt, retryAfter) => Promise.resolve(pauses.push([attempt, retryAfter])),
  );
  return { ...asked, pauses };
};

it("A node asks again after a broken connection, and where it may", async () => {
  const { calls, answer, pauses } = await ask(null, 503, 429, 408, 201);
  expect(calls.map(({ status }) => status)).toEqual([null, 503, 429, 408, 201]);
  expect(answer?.status).toBe(201);
  expect(pauses).toEqual([
    [1, null],
    [2, 2],
    [3, null],
    [4, null],
  ]);
});
it.each([200, 401, 403, 409])("A node takes %d for an answer", async (status) => {
  const { calls, answer } = await ask(status, 201);
  expect([calls.length, answer?.status]).toEqual([1, status]);
});
it("A node that is never answered stops after eight attempts, and does not wait after the last", async () => {
  const { calls, answer, pauses } = await ask();
  expect([calls.length, answer, pauses.length]).toEqual([8, null, 7]);
});
