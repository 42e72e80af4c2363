using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace JobSystem.JobApi.Storage.Postgres.Migrations
{
    /// <summary>
    /// Trigram indexes for the free text of the list. Jobs without a title, a key of their own or an error pay nothing for them. Where the extension may not
    /// be created (it is part of PostgreSQL's contrib, and any owner of a database may), the search goes on without, and reads the table.
    /// </summary>
    public partial class TextSearch : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("""
            do $$
            begin
                create extension if not exists pg_trgm;
                create index ix_jobs_key_text on jobs using gin (key gin_trgm_ops) where key is not null;
                create index ix_jobs_title_text on jobs using gin (title gin_trgm_ops) where title is not null;
                create index ix_jobs_error_text on jobs using gin (substring(error, 1, 1000) gin_trgm_ops) where error is not null;
            exception when insufficient_privilege or undefined_file or feature_not_supported then
                raise warning 'no indexes for the text search of jobs: %', sqlerrm;
            end $$;
            """);

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder) =>
            migrationBuilder.Sql("drop index if exists ix_jobs_key_text, ix_jobs_title_text, ix_jobs_error_text;");
    }
}
