output "user_data" {
  description = "For aws_instance.user_data, or any other that runs cloud-init."
  value       = local.user_data
  sensitive   = true

  precondition {
    condition     = length(local.user_data) <= 16384
    error_message = "EC2 takes user data of at most 16 KiB."
  }
}
