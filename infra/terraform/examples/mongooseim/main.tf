# Three nodes on EC2. The tokens: TF_VAR_join_tokens='{"mongooseim@xmpp-1.xmpp.example.internal": "…", …}', fresh for each new node.

variable "join_tokens" {
  type      = map(string)
  sensitive = true
}

variable "network" {
  description = "Where the nodes are: ami, vpc_id, subnet_id and the private zone_id of their host names."
  type        = object({ ami = string, vpc_id = string, subnet_id = string, zone_id = string })
}

module "mongooseim" {
  source = "../../modules/ec2-cluster"

  origin      = "https://interlock.example.com"
  cluster     = "xmpp-core"
  product     = "mongooseim"
  join_tokens = var.join_tokens
  nodes = [
    "mongooseim@xmpp-1.xmpp.example.internal",
    "mongooseim@xmpp-2.xmpp.example.internal",
    "mongooseim@xmpp-3.xmpp.example.internal",
  ]

  ami       = var.network.ami
  vpc_id    = var.network.vpc_id
  subnet_id = var.network.subnet_id
  zone_id   = var.network.zone_id
}

output "addresses" {
  value = module.mongooseim.addresses
}
