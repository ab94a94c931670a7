# User data for one node: cloud-init installs the product, the node makes its key, asks for its bundle and installs it. The private
# key is made on the node and stays there.

locals {
  products = {
    rabbitmq   = { user = "rabbitmq", service = "rabbitmq-server", package = "rabbitmq-server", certs = "/etc/rabbitmq/tls" }
    emqx       = { user = "emqx", service = "emqx", package = "emqx", certs = "/etc/emqx/certs/cluster" }
    mongooseim = { user = "mongooseim", service = "mongooseim", package = "mongooseim", certs = "/etc/mongooseim/tls" }
  }
  product = local.products[var.product]

  script = templatefile("${path.module}/bootstrap.sh.tftpl", {
    user    = local.product.user
    service = local.product.service
    certs   = local.product.certs
    token   = var.join_token
    url     = "${var.origin}/v1/clusters/${var.cluster}/nodes/${var.node}/bundle?format=sh"
  })

  user_data = join("\n", ["#cloud-config", yamlencode({
    hostname         = split(".", split("@", var.node)[1])[0]
    fqdn             = split("@", var.node)[1]
    manage_etc_hosts = true
    package_update   = true
    packages         = coalesce(var.packages, [local.product.package, "curl", "openssl"])
    write_files = [{
      path        = "/run/interlock/bootstrap.sh"
      owner       = "root:root"
      permissions = "0700"
      content     = local.script
    }]
    runcmd = [["sh", "/run/interlock/bootstrap.sh"], ["rm", "-r", "/run/interlock"]]
  })])
}
