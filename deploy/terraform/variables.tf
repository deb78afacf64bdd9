variable "project" {
  description = "The id of the Google Cloud project; it exists already."
  type        = string
}

variable "region" {
  description = "Where everything lies: a region with Cloud Run, Vertex AI and the GPU of deploy/vertex.yaml."
  type        = string
  default     = "us-central1"
}

variable "github_repository_id" {
  description = "The number of the repository on GitHub, which no other will ever have: gh api repos/<owner>/<name> --jq .id"
  type        = number
}

variable "email" {
  description = "Who is written to when an alert or the budget asks for it."
  type        = string
}

variable "log_days" {
  description = "Days that the prediction log is kept."
  type        = number
  default     = 90

  validation {
    condition     = var.log_days >= 1
    error_message = "log_days: a whole number of at least 1."
  }
}

variable "runner" {
  description = "Whether jobs of the environments gpu and gpu-run on GitHub may rent machines: .github/workflows/runner.yaml."
  type        = bool
  default     = false
}

variable "budget" {
  description = "A whole sum a month in the currency of the billing account: a mail at half of it, at all of it, and when all of it is foreseen. null for none."
  type        = object({ billing_account = string, units = number })
  default     = null
}
