"""An exam's results as the files that spreadsheets and gradebooks read. No Streamlit."""
