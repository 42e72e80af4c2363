using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace JobSystem.JobApi.Storage.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class Totals : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "parameters_hash",
                table: "task_workers",
                type: "TEXT",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "job_totals",
                columns: table => new
                {
                    queue_name = table.Column<string>(type: "TEXT", nullable: false),
                    task_name = table.Column<string>(type: "TEXT", nullable: false),
                    priority = table.Column<short>(type: "INTEGER", nullable: false),
                    submitted = table.Column<long>(type: "INTEGER", nullable: false),
                    started = table.Column<long>(type: "INTEGER", nullable: false),
                    completed = table.Column<long>(type: "INTEGER", nullable: false),
                    failed = table.Column<long>(type: "INTEGER", nullable: false),
                    timed_out = table.Column<long>(type: "INTEGER", nullable: false),
                    retried = table.Column<long>(type: "INTEGER", nullable: false),
                    cancelled = table.Column<long>(type: "INTEGER", nullable: false),
                    expired = table.Column<long>(type: "INTEGER", nullable: false),
                    rescued = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_job_totals", x => new { x.queue_name, x.task_name, x.priority });
                });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "job_totals");

            migrationBuilder.DropColumn(
                name: "parameters_hash",
                table: "task_workers");
        }
    }
}
