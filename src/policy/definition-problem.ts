import type * as z from "zod/mini";

/** One thing that is wrong with the definitions, for the person who edits them. */
export interface DefinitionProblem {
  /** JSON Pointer of the member (RFC 6901): `/clusters/rabbit-prod/nodes/hosts/0`. */
  readonly path: string;
  /** A sentence that follows the path: `must be …`. */
  readonly detail: string;
}

export const problem = (path: readonly PropertyKey[], detail: string): DefinitionProblem => ({
  path: path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join(""),
  detail,
});

export const problemsOf = (issues: readonly z.core.$ZodIssue[]): readonly DefinitionProblem[] =>
  issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => problem([...issue.path, key], "is not a member that is known here"))
      : [problem(issue.path, keyMessage(issue) ?? issue.message)],
  );

/** A key of a record that is refused: the record's own sentence says less than its key's. */
const keyMessage = (issue: z.core.$ZodIssue): string | undefined =>
  issue.code === "invalid_key" ? issue.issues[0]?.message : undefined;

/** What is said where the schema has no sentence of its own. */
export const sentence: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === "invalid_type")
    return issue.input === undefined ? "is required" : `must be of the type ${issue.expected}`;
  if (issue.code === "invalid_value") return `must be ${issue.values.map(String).join(" or ")}`;
  if (issue.code === "too_small") return `must be at least ${String(issue.minimum)}`;
  if (issue.code === "too_big") return `must be at most ${String(issue.maximum)}`;
  return "is not what this member takes";
};
