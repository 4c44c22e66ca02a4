/// The SQL migrations of this folder, built into the program.
package enum AuditSchema {
  /// Migration name and SQL text, oldest first.
  package static var migrations: [(name: String, sql: String)] {
    [("0001_audits", String(decoding: PackageResources._001_audits_sql, as: UTF8.self))]
  }
}
