import autocannon from "autocannon";

/** One call, prepared to the byte. */
export interface Call {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface LoadResult {
  /** One for every call that was sent, in the order in which they came back. */
  readonly answers: readonly Answer[];
  readonly seconds: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

export interface Answer {
  readonly call: Call;
  readonly body: string;
}

/**
 * Sends every call once over so many connections, kept open. Throws where an answer has another status than all should have: what
 * was refused has cost too little.
 */
export const load = async (
  origin: string,
  calls: readonly Call[],
  status: number,
  connections = 16,
): Promise<LoadResult> => {
  const answers: Answer[] = [];
  const wrong: string[] = [];
  let next = 0;
  const began = performance.now();
  let ended = began;
  const result = await autocannon({
    url: origin,
    connections: Math.min(connections, calls.length),
    amount: calls.length,
    timeout: 60,
    requests: [
      {
        setupRequest: (request, context: Sent) => {
          const call = calls[next++ % calls.length];
          if (call === undefined) return request;
          context.call = call;
          return {
            ...request,
            method: "POST",
            path: call.path,
            headers: { ...call.headers },
            body: call.body,
          };
        },
        onResponse: (answered, body, { call }: Sent) => {
          ended = performance.now();
          if (answered !== status) wrong.push(`${String(answered)} ${body}`);
          else if (call !== undefined) answers.push({ call, body });
        },
      },
    ],
  });
  if (wrong.length > 0 || result.errors > 0)
    throw new Error(
      `${String(wrong.length + result.errors)} calls failed; the first: ${wrong[0] ?? "no answer"}`,
    );
  return {
    answers,
    // autocannon itself ends on the second.
    seconds: (ended - began) / 1000,
    p50: result.latency.p50,
    p99: result.latency.p99,
  };
};

interface Sent {
  call?: Call;
}
