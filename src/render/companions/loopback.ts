import { fileIn, type InstallPath } from "../../policy/install-path.ts";
import type { RenderedFile } from "../renderer.ts";
import { printHocon } from "../text/hocon.ts";
import { printSettings } from "../text/rows.ts";
import type { Listener } from "./listeners.ts";

const LOOPBACK = "127.0.0.1";

const addressOf = (listeners: readonly Listener[], name: Listener["name"]): string => {
  const listener = listeners.find((candidate) => candidate.name === name);
  if (listener === undefined) throw new Error(`the product has no listener ${name}`);
  return `${LOOPBACK}:${listener.broker}`;
};

/** RabbitMQ's client listeners on the loopback, in a file of `conf.d` that nothing else is in. */
export const rabbitmqLoopback = (configDir: InstallPath, listeners: readonly Listener[]): RenderedFile => {
  const management = addressOf(listeners, "management").split(":");
  return {
    path: fileIn(fileIn(configDir, "conf.d"), "50-interlock-loopback.conf"),
    mode: "0644",
    owner: "rabbitmq",
    group: "rabbitmq",
    mergeComment: null,
    content: [
      "# Clients come through the proxy in front, which says from where (the PROXY protocol).",
      "# To the management plugin everybody comes from the loopback: delete the user guest.",
      printSettings([
        ["listeners.tcp.default", addressOf(listeners, "amqp")],
        ["proxy_protocol", "true"],
        ["mqtt.listeners.tcp.default", addressOf(listeners, "mqtt")],
        ["mqtt.proxy_protocol", "true"],
        ["management.tcp.ip", management[0] ?? ""],
        ["management.tcp.port", management[1] ?? ""],
      ]),
    ].join("\n"),
  };
};

/** For `emqx.conf`: the plain listener stays, on the loopback. The others are off: they ship with a demo certificate or with none. */
export const emqxLoopback = (listeners: readonly Listener[]): string =>
  printHocon([
    {
      key: "listeners",
      value: {
        fields: [
          {
            key: "tcp.default.bind",
            value: addressOf(listeners, "mqtt"),
            comment: "clients come through the proxy in front",
          },
          { key: "tcp.default.proxy_protocol", value: true },
          // `enable` since 5.1, with this name of 5.0 still an alias.
          ...["ssl", "ws", "wss"].map((kind) => ({ key: `${kind}.default.enabled`, value: false })),
        ],
      },
    },
    {
      key: "dashboard",
      value: {
        fields: [{ key: "listeners.http.bind", value: addressOf(listeners, "management") }],
      },
    },
  ]);
