import { readFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, expect, it } from "vitest";
import { configure, startAgentMachine, type AgentMachine } from "../support/agent.ts";
import { capability } from "../support/capability.ts";
import { rabbitDefinition, startDeployment, type Deployment } from "../support/deployment.ts";
import { requireOrSkip } from "../support/requirements.ts";

/** The timers of `infra/systemd` and `infra/cron`, installed where the documentation says, and what they run. */
const HOST = "mq-1.nodes.example.internal";
const NODE = `rabbit@${HOST}`;
const UNITS = "/etc/systemd/system";

const nodes = requireOrSkip("a machine with systemd's tools", () =>
  spawnSync("systemd-analyze", ["--version"]).error === undefined
    ? capability("agent-nodes")
    : { available: false, why: "there is no systemd-analyze" },
);

nodes("the timers", () => {
  let deployment: Deployment;
  let machine: AgentMachine;
  const install = (from: string, to: string): Promise<void> =>
    machine.write({
      path: to,
      mode: "0644",
      owner: "root",
      group: "root",
      content: readFileSync(from, "utf8"),
    });
  beforeAll(async () => {
    deployment = await startDeployment({ definitions: { mq: rabbitDefinition() } });
    machine = await startAgentMachine(deployment, HOST);
    await configure(machine, { url: deployment.origin(), cluster: "mq", node: NODE });
    await machine.give(await deployment.mint("mq", { exact: NODE }));
    await machine.agent("bootstrap");
    for (const unit of ["interlock-renew.service", "interlock-renew.timer"])
      await install(`infra/systemd/${unit}`, `${UNITS}/${unit}`);
    await install("infra/cron/interlock-renew", "/etc/cron.d/interlock-renew");
  });
  afterAll(async () => {
    await machine[Symbol.asyncDispose]();
    await deployment[Symbol.asyncDispose]();
  });

  it("leave systemd nothing to remark", async () =>
    expect(
      await machine.shell(
        `systemd-analyze verify ${UNITS}/interlock-renew.service ${UNITS}/interlock-renew.timer 2>&1`,
      ),
    ).toBe(""));
  it("leave little open: an exposure below 3 of 10", async () => {
    const judged = await machine.attempt([
      ..."systemd-analyze security --offline=yes --threshold=30".split(" "),
      `${UNITS}/interlock-renew.service`,
    ]);
    expect([judged.code, judged.stdout]).toEqual([0, expect.stringContaining("Overall exposure level")]);
  });
  it("of systemd runs a renewal", async () => {
    const said = await machine.shell(`$(sed -n 's/^ExecStart=//p' ${UNITS}/interlock-renew.service)`);
    expect(said).toContain("not due before");
  });
  it("of cron runs a renewal, some time within six hours", async () => {
    await machine.shell(
      "printf '#!/bin/sh\\ntest $1 -lt 21600 && echo slept' >/usr/local/bin/sleep; chmod 755 /usr/local/bin/sleep",
    );
    // In a crontab, a percent sign that is meant is escaped (crontab(5)).
    const command = await machine.shell(
      "sed -n 's/^[0-9].* root //p' /etc/cron.d/interlock-renew | sed 's/\\\\%/%/g'",
    );
    const said = await machine.shell(command);
    expect(said).toMatch(/^slept\n[^]*not due before/);
  });
});
