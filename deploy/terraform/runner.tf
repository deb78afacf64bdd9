# What .github/workflows/runner.yaml needs to rent a machine with a GPU, for those who want it: var.runner.
resource "google_project_service" "compute" {
  count              = var.runner ? 1 : 0
  service            = "compute.googleapis.com"
  disable_on_destroy = false
  depends_on         = [google_project_service.needed]
}

# What CML asks of Compute Engine: a network, two firewall rules and a machine.
resource "google_project_iam_custom_role" "runner" {
  count       = var.runner ? 1 : 0
  role_id     = "repriseRunner"
  title       = "Reprise runner"
  description = "Rents machines and gives them back"
  permissions = [
    "compute.acceleratorTypes.get",
    "compute.disks.create",
    "compute.diskTypes.get",
    "compute.firewalls.create",
    "compute.firewalls.delete",
    "compute.firewalls.get",
    "compute.firewalls.list",
    "compute.globalOperations.get",
    "compute.instances.create",
    "compute.instances.delete",
    "compute.instances.get",
    "compute.instances.list",
    "compute.instances.setLabels",
    "compute.instances.setMetadata",
    "compute.instances.setServiceAccount",
    "compute.instances.setTags",
    "compute.machineTypes.get",
    "compute.networks.create",
    "compute.networks.get",
    "compute.networks.updatePolicy",
    "compute.subnetworks.use",
    "compute.subnetworks.useExternalIp",
    "compute.zoneOperations.get",
  ]
  depends_on = [google_project_service.compute]
}

resource "google_project_iam_member" "train_rents" {
  count   = var.runner ? 1 : 0
  project = var.project
  role    = google_project_iam_custom_role.runner[0].name
  member  = google_service_account.reprise["train"].member
}

# The rented machine runs as the account that rents it.
resource "google_service_account_iam_member" "train_as_train" {
  count              = var.runner ? 1 : 0
  service_account_id = google_service_account.reprise["train"].name
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.reprise["train"].member
}

# Renting is for jobs of the environments `gpu` and `gpu-run` on main.
resource "google_service_account_iam_member" "github_trains" {
  count              = var.runner ? 1 : 0
  service_account_id = google_service_account.reprise["train"].name
  role               = "roles/iam.workloadIdentityUser"
  member             = "${local.principals}/attribute.trains/yes"
}
