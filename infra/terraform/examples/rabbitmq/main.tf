# Three nodes on EC2. The tokens: TF_VAR_join_tokens='{"rabbit@mq-1.nodes.example.internal": "…", …}', fresh for each new node.

variable "join_tokens" {
  type      = map(string)
  sensitive = true
}

variable "network" {
  description = "Where the nodes are: ami, vpc_id, subnet_id and the private zone_id of their host names."
  type        = object({ ami = string, vpc_id = string, subnet_id = string, zone_id = string })
}

module "rabbitmq" {
  source = "../../modules/ec2-cluster"

  origin      = "https://interlock.example.com"
  cluster     = "rabbit-prod"
  product     = "rabbitmq"
  join_tokens = var.join_tokens
  nodes = [
    "rabbit@mq-1.nodes.example.internal",
    "rabbit@mq-2.nodes.example.internal",
    "rabbit@mq-3.nodes.example.internal",
  ]

  ami       = var.network.ami
  vpc_id    = var.network.vpc_id
  subnet_id = var.network.subnet_id
  zone_id   = var.network.zone_id
}

output "addresses" {
  value = module.rabbitmq.addresses
}
