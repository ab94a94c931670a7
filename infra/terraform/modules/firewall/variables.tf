terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "ports" {
  description = "The ports member of GET …/config of one node, or the union of several nodes'."
  type = list(object({
    name     = string
    port     = number
    lastPort = optional(number)
    protocol = string
    peers    = string
  }))

  validation {
    condition     = alltrue([for port in var.ports : contains(["cluster", "clients", "tools"], port.peers)])
    error_message = "ports must be the ports member of an Interlock reply."
  }
}

variable "security_group_id" {
  description = "The security group that every node of the cluster is in."
  type        = string
}
