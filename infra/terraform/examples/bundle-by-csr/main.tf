# A bundle by CSR in the plan itself, for nodes that cannot ask. The private key is then in the state: prefer examples/rabbitmq, where
# each node makes its own, and encrypt the state's store if you cannot.

terraform {
  required_version = ">= 1.5"
  required_providers {
    http = {
      source  = "hashicorp/http"
      version = ">= 3.3"
    }
    tls = {
      source  = "hashicorp/tls"
      version = ">= 4.0"
    }
  }
}

variable "node" {
  type    = string
  default = "rabbit@mq-1.nodes.example.internal"
}

variable "join_token" {
  type      = string
  sensitive = true
}

resource "tls_private_key" "node" {
  algorithm   = "ECDSA"
  ecdsa_curve = "P256"
}

resource "tls_cert_request" "node" {
  private_key_pem = tls_private_key.node.private_key_pem
}

# Read at plan and again at apply: the token is bound to this key, so each time the answer is the same.
data "http" "bundle" {
  url             = "https://interlock.example.com/v1/clusters/rabbit-prod/nodes/${var.node}/bundle"
  method          = "POST"
  request_headers = { Authorization = "Bearer ${var.join_token}" }
  request_body    = tls_cert_request.node.cert_request_pem

  lifecycle {
    postcondition {
      # 201 the first time, 200 from then on.
      condition     = contains([200, 201], self.status_code)
      error_message = "Interlock refuses: ${self.response_body}"
    }
  }
}

output "files" {
  description = "For write_files, beside the key at private_key.path."
  value       = { for file in jsondecode(data.http.bundle.response_body).files : file.path => file.content }
}
