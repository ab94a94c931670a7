terraform {
  required_version = ">= 1.5"
}

variable "origin" {
  description = "Where Interlock is: scheme and host, such as https://interlock.example.com."
  type        = string

  validation {
    condition     = can(regex("^https?://[A-Za-z0-9.:-]+$", var.origin))
    error_message = "origin must be scheme and host alone."
  }
}

variable "cluster" {
  description = "The cluster's id."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9-]{1,63}$", var.cluster))
    error_message = "cluster must be a cluster's id."
  }
}

variable "product" {
  description = "rabbitmq, emqx or mongooseim."
  type        = string

  validation {
    condition     = contains(["rabbitmq", "emqx", "mongooseim"], var.product)
    error_message = "product must be rabbitmq, emqx or mongooseim."
  }
}

variable "node" {
  description = "The full Erlang node name, such as rabbit@mq-1.nodes.example.internal."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9_-]{1,64}@[a-z0-9.-]{1,253}$", var.node))
    error_message = "node must be a node name in lower case, such as rabbit@mq-1.nodes.example.internal."
  }
}

variable "join_token" {
  description = "A join token for this node. It is bound to the node's key by its first use; user data can be read by any process of the instance, so give it a short life."
  type        = string
  sensitive   = true

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]+$", var.join_token))
    error_message = "join_token must be a token as interlock token prints it."
  }
}

variable "packages" {
  description = "Packages to install first; null takes the product's own."
  type        = list(string)
  default     = null
}
