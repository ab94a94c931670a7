variable "secret" {
  description = "Name of the cluster secret: ca.secret of the cluster's definition."
  type        = string
  default     = "interlock/rabbit-prod"

  validation {
    condition     = can(regex("^[A-Za-z0-9/_+=.@-]{1,512}$", var.secret))
    error_message = "secret must be a name that AWS Secrets Manager takes."
  }
}

variable "worker_user" {
  description = "Name of the IAM user that the Worker reads the secret as."
  type        = string
  default     = "interlock-worker"
}

variable "recovery_window_in_days" {
  description = "How long a deleted secret can be restored. A CA's key is worth the longest that AWS has."
  type        = number
  default     = 30
}

variable "tags" {
  description = "Tags of everything."
  type        = map(string)
  default     = {}
}
