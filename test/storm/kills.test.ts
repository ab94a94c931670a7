import { expect, it } from "vitest";
import { scheduleKills } from "./kills.ts";

it("Kills come when they are due, one after the other, and all before it is over", async () => {
  const events: string[] = [];
  const kills = scheduleKills([0, 2, 2], async () => {
    events.push("down");
    await Promise.resolve();
    events.push("up");
  });
  await kills.over();
  expect(events).toEqual(["down", "up"]);
  kills.served();
  expect(await kills.over()).toBe(1);
  kills.served();
  kills.served();
  expect(await kills.over()).toBe(3);
  expect(events).toEqual(["down", "up", "down", "up", "down", "up"]);
});
it("A restart that fails ends the storm", async () => {
  const kills = scheduleKills([0], () => Promise.reject(new Error("did not start")));
  await expect(kills.over()).rejects.toThrow("did not start");
});
