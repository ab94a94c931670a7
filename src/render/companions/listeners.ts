import type { RenderSettings } from "../../policy/render-settings.ts";

/** One service of a broker that its clients reach through the proxy in front. */
export interface Listener {
  readonly name: "amqp" | "mqtt" | "management";
  /** Where the proxy listens with TLS. */
  readonly edge: number;
  /** Where the broker listens in plain text, on the loopback. */
  readonly broker: number;
  /** Whether a client must show a certificate. */
  readonly clientCertificate: boolean;
  /** Whether the broker is told each client's address (the PROXY protocol), or sees everybody come from the loopback. */
  readonly proxyProtocol: boolean;
}

/**
 * What a broker offers to clients; `null` for a product that no proxy is rendered for. A broker has one TLS policy for all of its
 * listeners and one CA for all; the proxy has one for each, which is what it is for.
 */
export const listenersOf = (settings: RenderSettings, portOffset: number): readonly Listener[] | null => {
  if (settings.product === "emqx") {
    // The number in the node's name moves the ports between nodes, not those of clients.
    return [listener("mqtt", 8883, 1883), listener("management", 18084, 18083)];
  }
  if (settings.product !== "rabbitmq") return null;
  return [
    listener("amqp", 5671 + portOffset, settings.ports.amqp + portOffset),
    listener("mqtt", 8883 + portOffset, 1883 + portOffset),
    listener("management", 15671 + portOffset, 15672 + portOffset),
  ];
};

/** Devices have certificates; people's browsers and AMQP clients have passwords. */
const listener = (name: Listener["name"], edge: number, broker: number): Listener => ({
  name,
  edge,
  broker,
  clientCertificate: name === "mqtt",
  // RabbitMQ's management plugin reads no such header.
  proxyProtocol: name !== "management",
});
