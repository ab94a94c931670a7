import { describe, expect, it } from "vitest";
import { authenticateAdministrator } from "../../src/auth/administrator.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const outcome = async (
  token: string,
  adminToken: string | null,
  scheme: "bearer" | "basic" = "bearer",
): Promise<string> => {
  const credential =
    scheme === "bearer" ? ({ scheme, token } as const) : ({ scheme, node: "admin", token } as const);
  const answer = await authenticateAdministrator(credential, adminToken);
  return answer.ok ? answer.value : answer.error.code;
};

describe("the administrator", () => {
  it("has the deployment's secret", async () => {
    expect(await outcome(SECRET, SECRET)).toBe("administrator");
  });
  it("has it whole", async () => {
    for (const token of ["", SECRET.slice(1), `${SECRET}0`, SECRET.toUpperCase()]) {
      expect(await outcome(token, SECRET)).toBe("credential-invalid");
    }
  });
  it("sends it as a bearer token", async () => {
    expect(await outcome(SECRET, SECRET, "basic")).toBe("credential-invalid");
  });
  it("is nobody where no secret is configured, also not with the empty one", async () => {
    expect(await outcome("", null)).toBe("credential-invalid");
    expect(await outcome(SECRET, null)).toBe("credential-invalid");
  });
});
