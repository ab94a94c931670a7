# The cluster's ports, from the cluster's own security group to itself. Ports of clients and of command line tools stay closed: who
# may be a client is not a question of the cluster.

locals {
  cluster = {
    for port in var.ports : "${port.name}-${port.port}" => port if port.peers == "cluster"
  }
}

resource "aws_vpc_security_group_ingress_rule" "cluster" {
  for_each = local.cluster

  security_group_id            = var.security_group_id
  referenced_security_group_id = var.security_group_id
  ip_protocol                  = each.value.protocol
  from_port                    = each.value.port
  to_port                      = coalesce(each.value.lastPort, each.value.port)
  tags                         = { Name = "Erlang ${each.value.name}, node to node" }
}
