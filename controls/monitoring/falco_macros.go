package monitoring

import "strings"

// macrosOfFalco are the macros of the rules that come with Falco which are meant for other rules to build on.
// https://github.com/falcosecurity/rules/blob/main/rules/falco_rules.yaml
func macrosOfFalco() []string {
	return strings.Fields(`
open_write open_read open_directory open_file_failed never_true always_true proc_name_exists rename mkdir remove modify spawned_process
create_symlink create_hardlink chmod kernel_module_load dup bin_dir bin_dir_mkdir bin_dir_rename etc_dir root_dir shell_procs interpreted_procs
server_procs rpm_procs package_mgmt_procs package_mgmt_ancestor_procs run_by_package_mgmt_binaries system_procs sensitive_files proc_is_new
inbound outbound inbound_outbound ssh_port allowed_ssh_hosts container container_started interactive docker_procs user_ssh_directory
directory_traversal network_tool_procs remote_file_copy_procs sensitive_mount k8s_api_server k8s_containers trusted_logging_images
private_key_or_password access_log_files ptrace_attach_or_injection falco_privileged_containers falco_sensitive_mount_containers
protected_shell_spawner container_entrypoint redhat_image aws_eks_core_images user_trusted_containers user_privileged_containers
`)
}
