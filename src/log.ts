import type { Refusal } from "./refusal.ts";

/**
 * One structured line of the log. The members are an allow-list: there is none for a body, a header, a token or evidence,
 * so none can be logged by mistake (H-5 and C-5 of the threat model).
 */
export interface LogLine {
  readonly level: "info" | "warn" | "error";
  readonly event: string;
  readonly requestId?: string;
  readonly method?: string;
  /** The route's pattern, not the path. */
  readonly route?: string;
  readonly status?: number;
  readonly code?: Refusal["code"] | "internal";
  readonly cluster?: string;
  /** A parsed node name. */
  readonly node?: string;
  readonly serial?: string;
  readonly cause?: string;
  readonly milliseconds?: number;
}

export type Log = (line: LogLine) => void;

/** Writes lines as JSON, which escapes every line break: nobody forges a second line. */
export const jsonLog =
  (write: (text: string) => void, clock: () => Date): Log =>
  (line) =>
    write(JSON.stringify({ at: clock().toISOString(), ...line }));
