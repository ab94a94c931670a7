import { describe, expect, it } from "vitest";
import { embeddedSecretStore } from "../../src/custody/embedded-secret-store.ts";

const store = embeddedSecretStore({
  CLUSTER_SECRET_INTERLOCK_MQ: "text",
  CLUSTER_SECRET_EMPTY: "",
  CLUSTER_SECRET_NULL: null,
  CLUSTER_SECRET_OBJECT: {},
});

describe("embeddedSecretStore", () => {
  it("finds a secret in the variable of its name", async () => {
    const secret = await store.fetch("interlock/mq");
    expect(secret.text).toBe("text");
    expect(await store.fetch("interlock/mq")).toEqual(secret);
  });

  it("gives another text another version", async () => {
    const changed = embeddedSecretStore({ CLUSTER_SECRET_INTERLOCK_MQ: "other" });
    expect((await changed.fetch("interlock/mq")).versionId).not.toBe(
      (await store.fetch("interlock/mq")).versionId,
    );
  });

  it.each(["interlock/other", "empty", "null", "object"])("does not find %s", async (secret) => {
    await expect(store.fetch(secret)).rejects.toMatchObject({ reason: "not-found" });
  });
});
