terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
    http = {
      source  = "hashicorp/http"
      version = ">= 3.3"
    }
  }
}

variable "origin" {
  description = "Where Interlock is, such as https://interlock.example.com."
  type        = string
}

variable "cluster" {
  description = "The cluster's id."
  type        = string
}

variable "product" {
  description = "rabbitmq, emqx or mongooseim."
  type        = string
}

variable "nodes" {
  description = "Full Erlang node names, in a fixed order."
  type        = list(string)
}

variable "join_tokens" {
  description = "A join token for each node, by node name: interlock token --node …"
  type        = map(string)
  sensitive   = true
}

variable "ami" {
  description = "A Debian or Ubuntu image with cloud-init."
  type        = string
}

variable "instance_type" {
  type    = string
  default = "t3.small"
}

variable "subnet_id" {
  type = string
}

variable "vpc_id" {
  type = string
}

variable "zone_id" {
  description = "Private Route 53 zone of the nodes' host names: Erlang nodes find each other by name."
  type        = string
}
