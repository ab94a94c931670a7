# Nodes on EC2 that come up as one Erlang cluster over TLS. No private key is in the state: each node makes its own.

locals {
  hosts = { for node in var.nodes : node => split("@", node)[1] }
}

# The same bytes at every plan: no clock and no secret in it.
data "http" "config" {
  for_each = toset(var.nodes)
  url      = "${var.origin}/v1/clusters/${var.cluster}/nodes/${each.key}/config"

  lifecycle {
    postcondition {
      condition     = self.status_code == 200
      error_message = "Interlock refuses ${each.key}: ${self.response_body}"
    }
  }
}

data "http" "ca" {
  url = "${var.origin}/v1/clusters/${var.cluster}/ca.pem"

  lifecycle {
    postcondition {
      condition     = self.status_code == 200
      error_message = "Interlock has no CA bundle for ${var.cluster}: ${self.response_body}"
    }
  }
}

resource "aws_security_group" "nodes" {
  name_prefix = "${var.cluster}-"
  description = "Erlang nodes of ${var.cluster}"
  vpc_id      = var.vpc_id
}

module "firewall" {
  source            = "../firewall"
  ports             = distinct(flatten([for config in data.http.config : jsondecode(config.response_body).ports]))
  security_group_id = aws_security_group.nodes.id
}

module "user_data" {
  source   = "../node-user-data"
  for_each = local.hosts

  origin     = var.origin
  cluster    = var.cluster
  product    = var.product
  node       = each.key
  join_token = var.join_tokens[each.key]
}

resource "aws_instance" "node" {
  for_each = local.hosts

  ami                    = var.ami
  instance_type          = var.instance_type
  subnet_id              = var.subnet_id
  vpc_security_group_ids = [aws_security_group.nodes.id]
  user_data              = module.user_data[each.key].user_data
  tags                   = { Name = each.value }

  metadata_options {
    http_tokens = "required"
  }

  lifecycle {
    # A new token is no reason for a new machine.
    ignore_changes = [user_data]
  }
}

resource "aws_route53_record" "node" {
  for_each = local.hosts

  zone_id = var.zone_id
  name    = each.value
  type    = "A"
  ttl     = 60
  records = [aws_instance.node[each.key].private_ip]
}
