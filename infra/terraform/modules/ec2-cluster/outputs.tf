output "ca_bundle" {
  description = "The roots that the nodes trust, for a health check or a command line tool outside of the cluster."
  value       = data.http.ca.response_body
}

output "security_group_id" {
  description = "For rules of your own, such as the clients'."
  value       = aws_security_group.nodes.id
}

output "addresses" {
  value = { for node, instance in aws_instance.node : node => instance.private_ip }
}
